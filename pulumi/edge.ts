import { CachePolicy } from '@pulumi/aws/cloudfront/cachePolicy.js';
import { Distribution } from '@pulumi/aws/cloudfront/distribution.js';
import { Function as EdgeFunction } from '@pulumi/aws/cloudfront/function.js';
import { OriginAccessControl } from '@pulumi/aws/cloudfront/originAccessControl.js';
import { VpcOrigin } from '@pulumi/aws/cloudfront/vpcOrigin.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  getProject,
  getStack,
  type Input,
  interpolate,
  type Output,
} from '@pulumi/pulumi';
import { API_PATHS, CALLBACK_PATH } from '../lambda/contract.ts';
import type { Balancer } from './balancer.ts';
import type { Domain } from './domain.ts';
import { pageHeaders, pictureHeaders } from './edge-headers.ts';
import type { Options } from './options.ts';

/** Policies that AWS keeps, by their names in its documentation. @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const MANAGED = {
  CachingDisabled: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  CachingOptimized: '658327ea-f89d-4fab-a63d-7e88639e58f6',
  AllViewer: '216adef6-5c7f-47e4-b989-5492eafa07d3',
};

/** Seconds after which the edge asks the bucket again: a picture that was erased is gone from there a day later. */
const DAY = 24 * 3600;

/** The addresses of the page are its own affair: whatever names no file is answered with the page. */
const PAGE_CODE = `function handler(event) {
  var request = event.request;
  if (!/\\.[a-z0-9]+$/i.test(request.uri)) request.uri = '/index.html';
  return request;
}
`;

export interface EdgeArgs {
  stack: Options;
  domain: Domain;
  /** Hosts of the two buckets. */
  photos: { domain: Input<string> };
  page: { domain: Input<string> };
  balancer: Balancer;
}

/** The one address of everything: CloudFront before the page, the pictures and the API. */
export class Edge extends ComponentResource {
  /** Of the page and the API, without a slash at its end. */
  readonly url: Output<string>;
  readonly distributionArn: Output<string>;
  readonly domainName: Output<string>;
  readonly zoneId: Output<string>;

  constructor(name: string, args: EdgeArgs, options: ComponentResourceOptions) {
    super('portrait:aws:Edge', name, {}, options);
    const { stack, domain } = args;
    const { certificateArn } = domain;
    const distribution = new Distribution(
      name,
      {
        enabled: true,
        httpVersion: 'http2and3',
        isIpv6Enabled: true,
        defaultRootObject: 'index.html',
        aliases: stack.domain ? [stack.domain] : [],
        viewerCertificate: certificateArn
          ? {
              acmCertificateArn: certificateArn,
              sslSupportMethod: 'sni-only',
              minimumProtocolVersion: 'TLSv1.2_2021',
            }
          : { cloudfrontDefaultCertificate: true },
        restrictions: { geoRestriction: { restrictionType: 'none' } },
        origins: this.#origins(name, args),
        ...this.#behaviours(name, args),
      },
      { parent: this },
    );
    this.url = stack.domain
      ? interpolate`https://${stack.domain}`
      : interpolate`https://${distribution.domainName}`;
    this.distributionArn = distribution.arn;
    this.domainName = distribution.domainName;
    this.zoneId = distribution.hostedZoneId;
    this.registerOutputs();
  }

  #origins(name: string, { photos, page, balancer }: EdgeArgs) {
    const parent = { parent: this };
    const access = new OriginAccessControl(
      name,
      { originAccessControlOriginType: 's3', signingBehavior: 'always', signingProtocol: 'sigv4' },
      parent,
    );
    // Inside AWS's own network, and the balancer has no name that a certificate could be for.
    const endpoint = {
      name: `${getProject()}-${getStack()}`,
      arn: balancer.arn,
      httpPort: 80,
      httpsPort: 443,
      originProtocolPolicy: 'http-only',
      originSslProtocols: { items: ['TLSv1.2'], quantity: 1 },
    };
    const way = new VpcOrigin(name, { vpcOriginEndpointConfig: endpoint }, parent);
    const bucket = (originId: string, domainName: Input<string>) => ({
      originId,
      domainName,
      originAccessControlId: access.id,
    });
    return [
      bucket('photos', photos.domain),
      bucket('page', page.domain),
      {
        originId: 'api',
        domainName: balancer.dnsName,
        // s; a photo takes 31 at most.
        vpcOriginConfig: { vpcOriginId: way.id, originReadTimeout: 60, originKeepaliveTimeout: 55 },
      },
    ];
  }

  #behaviours(name: string, { stack, photos }: EdgeArgs) {
    const parent = { parent: this };
    const onlyHttps = { viewerProtocolPolicy: 'redirect-to-https', compress: true };
    const read = { allowedMethods: ['GET', 'HEAD'], cachedMethods: ['GET', 'HEAD'] };
    const pictureCache = new CachePolicy(
      `${name}-pictures`,
      {
        minTtl: 0,
        defaultTtl: DAY,
        maxTtl: DAY,
        parametersInCacheKeyAndForwardedToOrigin: {
          cookiesConfig: { cookieBehavior: 'none' },
          headersConfig: { headerBehavior: 'none' },
          queryStringsConfig: { queryStringBehavior: 'none' },
        },
      },
      parent,
    );
    const toPage = new EdgeFunction(
      `${name}-page`,
      { runtime: 'cloudfront-js-2.0', code: PAGE_CODE, publish: true },
      parent,
    );
    const api = (pathPattern: string) => ({
      ...{ pathPattern, targetOriginId: 'api', ...onlyHttps, cachedMethods: ['GET', 'HEAD'] },
      viewerProtocolPolicy: 'https-only',
      allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
      cachePolicyId: MANAGED.CachingDisabled,
      originRequestPolicyId: MANAGED.AllViewer,
    });
    return {
      orderedCacheBehaviors: [
        {
          ...{ ...onlyHttps, ...read, pathPattern: `/${stack.imageFolder}*` },
          targetOriginId: 'photos',
          cachePolicyId: pictureCache.id,
          responseHeadersPolicyId: pictureHeaders(`${name}-pictures`, this).id,
        },
        ...apiPaths(stack).map(api),
      ],
      defaultCacheBehavior: {
        ...{ ...onlyHttps, ...read, targetOriginId: 'page' },
        cachePolicyId: MANAGED.CachingOptimized,
        responseHeadersPolicyId: pageHeaders(`${name}-page`, photos.domain, this).id,
        functionAssociations: [{ eventType: 'viewer-request', functionArn: toPage.arn }],
      },
    };
  }
}

const apiPaths = ({ playground }: Options) => [
  API_PATHS.graphql,
  CALLBACK_PATH.replace(/[^/]+$/, '*'),
  ...(playground ? [`${API_PATHS.playground}*`] : []),
];
