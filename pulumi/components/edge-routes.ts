import { CachePolicy } from '@pulumi/aws/cloudfront/cachePolicy.js';
import { Function as EdgeFunction } from '@pulumi/aws/cloudfront/function.js';
import type { Input, Resource } from '@pulumi/pulumi';
import { API_PATHS, CALLBACK_PATH } from '../../contract/routes.ts';
import type { StackConfig } from '../config/read.ts';
import { photoHeaders, webAppHeaders } from './edge-headers.ts';

/**
 * Ids of managed policies of AWS.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 */
const MANAGED = {
  CachingDisabled: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  CachingOptimized: '658327ea-f89d-4fab-a63d-7e88639e58f6',
  AllViewer: '216adef6-5c7f-47e4-b989-5492eafa07d3',
};

/** Cached variants are revalidated after a day: an erased photo disappears from the edge within that time. */
const PHOTO_TTL_S = 24 * 3600;

/** CloudFront Function for the client-side routes of the web app: serves index.html for every path that is not a file. */
const webAppRouter = (files: string[]) => `var files = ${JSON.stringify(files)};
function handler(event) {
  var request = event.request;
  var isFile = request.uri.startsWith('/assets/') || files.includes(request.uri);
  if (!isFile) request.uri = '/index.html';
  return request;
}
`;

interface RouteArgs {
  stack: StackConfig;
  /** Domain of the photo bucket. */
  photos: { domain: Input<string> };
  /** Files of the web app. */
  webApp: { files: string[] };
}

/** Returns the cache behaviors of the distribution: the origin, cache policy and headers of each path. */
export function cacheBehaviors(name: string, args: RouteArgs, parent: Resource) {
  const { stack, photos, webApp } = args;
  const code = webAppRouter(webApp.files.map((file) => `/${file}`));
  const router = new EdgeFunction(
    `${name}-page`,
    { runtime: 'cloudfront-js-2.0', code, publish: true },
    { parent },
  );
  return {
    orderedCacheBehaviors: [
      {
        ...READ,
        pathPattern: `/${stack.imageFolder}*`,
        targetOriginId: 'photos',
        cachePolicyId: photoCachePolicy(`${name}-pictures`, parent).id,
        responseHeadersPolicyId: photoHeaders(`${name}-pictures`, parent).id,
      },
      ...apiPaths(stack).map(apiBehavior),
    ],
    defaultCacheBehavior: {
      ...READ,
      targetOriginId: 'page',
      cachePolicyId: MANAGED.CachingOptimized,
      responseHeadersPolicyId: webAppHeaders(`${name}-page`, photos.domain, parent).id,
      functionAssociations: [{ eventType: 'viewer-request', functionArn: router.arn }],
    },
  };
}

const READ = {
  viewerProtocolPolicy: 'redirect-to-https',
  allowedMethods: ['GET', 'HEAD'],
  cachedMethods: ['GET', 'HEAD'],
  compress: true,
};

const apiPaths = ({ playground }: StackConfig) => [
  API_PATHS.graphql,
  CALLBACK_PATH.replace(/[^/]+$/, '*'),
  ...(playground ? [`${API_PATHS.playground}*`] : []),
];

/** Forwards all headers, including those of WebSockets. No redirect to HTTPS: it would lose the body of a POST. */
const apiBehavior = (pathPattern: string) => ({
  pathPattern,
  targetOriginId: 'api',
  viewerProtocolPolicy: 'https-only',
  allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
  cachedMethods: ['GET', 'HEAD'],
  cachePolicyId: MANAGED.CachingDisabled,
  originRequestPolicyId: MANAGED.AllViewer,
});

const photoCachePolicy = (name: string, parent: Resource) =>
  new CachePolicy(
    name,
    {
      minTtl: 0,
      defaultTtl: PHOTO_TTL_S,
      maxTtl: PHOTO_TTL_S,
      parametersInCacheKeyAndForwardedToOrigin: {
        cookiesConfig: { cookieBehavior: 'none' },
        headersConfig: { headerBehavior: 'none' },
        queryStringsConfig: { queryStringBehavior: 'none' },
      },
    },
    { parent },
  );
