import { extname } from 'node:path';
import { BucketObjectv2 } from '@pulumi/aws/s3/bucketObjectv2.js';
import {
  asset,
  ComponentResource,
  type ComponentResourceOptions,
  log,
  type Output,
} from '@pulumi/pulumi';
import { CACHE_CONTROL } from '../../contract/keys.ts';
import { webAppConfig } from '../../contract/web-app.ts';
import type { Artefact } from '../artefacts.ts';
import type { StackConfig } from '../config/read.ts';
import { readByCloudFront } from '../iam/policy.ts';
import { PrivateBucket, setPolicy } from './bucket.ts';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

export interface PageArgs {
  stack: StackConfig;
  /** By their path on the site. */
  files: Map<string, Artefact>;
}

/** Tells the page where everything is: it is built once, for all stacks. */
const CONFIG = 'config.json';

/** The bucket of the page people use. */
export class Page extends ComponentResource {
  readonly domain: Output<string>;
  /** Paths on the site, but for those below `assets/`, which are many. */
  readonly files: string[];
  readonly #name: string;
  readonly #bucket: PrivateBucket['bucket'];

  constructor(name: string, { stack, files }: PageArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Page', name, {}, options);
    this.#name = name;
    this.files = [...new Set([...files.keys(), CONFIG])].filter((key) => !isNamedAfterContent(key));
    this.#bucket = new PrivateBucket(name, { isProtected: false }, { parent: this }).bucket;
    this.domain = this.#bucket.bucketRegionalDomainName;
    if (files.size === 0) void log.warn('There is no page: dist/web is empty.', this);
    for (const [key, { path }] of files) {
      if (key !== CONFIG) this.#put(key, { source: new asset.FileAsset(path) });
    }
    this.#put(CONFIG, { content: JSON.stringify(webAppConfig(stack.authIssuer, stack.signUp)) });
    this.registerOutputs();
  }

  /** Lets the distribution show the page. */
  allowDistribution(distributionArn: Output<string>) {
    const { id: bucket, arn } = this.#bucket;
    const allow = readByCloudFront({ arn, distributionArn, folder: '' });
    setPolicy(this.#name, { bucket, arn, allow }, this);
  }

  #put(key: string, what: { source: asset.Asset } | { content: string }) {
    new BucketObjectv2(
      `${this.#name}-${key}`,
      {
        bucket: this.#bucket.id,
        key,
        ...what,
        contentType: TYPES[extname(key)] ?? 'application/octet-stream',
        cacheControl: isNamedAfterContent(key) ? CACHE_CONTROL : 'no-cache',
      },
      { parent: this },
    );
  }
}

/** Its content never changes, then; all else is asked for anew. */
const isNamedAfterContent = (key: string) => key.startsWith('assets/');
