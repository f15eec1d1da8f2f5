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
import type { Artifact } from '../artifacts.ts';
import type { StackConfig } from '../config/read.ts';
import { readByCloudFront } from '../iam/policy.ts';
import { PrivateBucket, setPolicy } from './bucket.ts';

const CONTENT_TYPES: Record<string, string> = {
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

export interface WebAppArgs {
  stack: StackConfig;
  /** Files by their path on the site. */
  files: Map<string, Artifact>;
}

/** Runtime config of the web app, which is built once for all stacks. */
const CONFIG_KEY = 'config.json';

/** The bucket of the web app. */
export class WebApp extends ComponentResource {
  readonly domain: Output<string>;
  /** Paths on the site, without the many below `assets/`. */
  readonly files: string[];
  readonly #name: string;
  readonly #bucket: PrivateBucket['bucket'];

  constructor(name: string, { stack, files }: WebAppArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Page', name, {}, options);
    this.#name = name;
    this.files = [...new Set([...files.keys(), CONFIG_KEY])].filter((key) => !hasContentHash(key));
    this.#bucket = new PrivateBucket(name, { isProtected: false }, { parent: this }).bucket;
    this.domain = this.#bucket.bucketRegionalDomainName;
    if (files.size === 0) void log.warn('dist/web is empty: deploying without the web app.', this);
    for (const [key, { path }] of files) {
      if (key !== CONFIG_KEY) this.#put(key, { source: new asset.FileAsset(path) });
    }
    this.#put(CONFIG_KEY, {
      content: JSON.stringify(webAppConfig(stack.authIssuer, stack.signUp)),
    });
    this.registerOutputs();
  }

  /** Allows the distribution to read the bucket. */
  allowDistribution(distributionArn: Output<string>) {
    const { id: bucket, arn } = this.#bucket;
    const allow = readByCloudFront({ arn, distributionArn, folder: '' });
    setPolicy(this.#name, { bucket, arn, allow }, this);
  }

  #put(key: string, content: { source: asset.Asset } | { content: string }) {
    new BucketObjectv2(
      `${this.#name}-${key}`,
      {
        bucket: this.#bucket.id,
        key,
        ...content,
        contentType: CONTENT_TYPES[extname(key)] ?? 'application/octet-stream',
        cacheControl: hasContentHash(key) ? CACHE_CONTROL : 'no-cache',
      },
      { parent: this },
    );
  }
}

/** Files with a content hash in their name are immutable; all others are revalidated. */
const hasContentHash = (key: string) => key.startsWith('assets/');
