import { CachePolicy } from '@pulumi/aws/cloudfront/cachePolicy.js';
import { Function as EdgeFunction } from '@pulumi/aws/cloudfront/function.js';
import type { Input, Resource } from '@pulumi/pulumi';
import { API_PATHS, CALLBACK_PATH } from '../../contract/routes.ts';
import type { StackConfig } from '../config/read.ts';
import { photoHeaders, webAppHeaders } from './edge-headers.ts';

/** Policies that AWS keeps, by their names in its documentation. @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const MANAGED = {
  CachingDisabled: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  CachingOptimized: '658327ea-f89d-4fab-a63d-7e88639e58f6',
  AllViewer: '216adef6-5c7f-47e4-b989-5492eafa07d3',
};

/** Seconds after which the edge asks the bucket again: a picture that was erased is gone from there a day later. */
const DAY = 24 * 3600;

/** The addresses of the page are its own affair: whatever names none of its files is answered with the page. */
const pageCode = (files: string[]) => `var files = ${JSON.stringify(files)};
function handler(event) {
  var request = event.request;
  var isFile = request.uri.startsWith('/assets/') || files.includes(request.uri);
  if (!isFile) request.uri = '/index.html';
  return request;
}
`;

interface RouteArgs {
  stack: StackConfig;
  /** Domain of the bucket of photos. */
  photos: { domain: Input<string> };
  /** Files of the web app. */
  page: { files: string[] };
}

/** What is answered by whom, and how long that is remembered. */
export function routes(name: string, { stack, photos, page }: RouteArgs, parent: Resource) {
  const code = pageCode(page.files.map((file) => `/${file}`));
  const toPage = new EdgeFunction(
    `${name}-page`,
    { runtime: 'cloudfront-js-2.0', code, publish: true },
    { parent },
  );
  return {
    orderedCacheBehaviors: [
      {
        ...{ ...READ, pathPattern: `/${stack.imageFolder}*`, targetOriginId: 'photos' },
        cachePolicyId: pictureCache(`${name}-pictures`, parent).id,
        responseHeadersPolicyId: photoHeaders(`${name}-pictures`, parent).id,
      },
      ...apiPaths(stack).map(toApi),
    ],
    defaultCacheBehavior: {
      ...{ ...READ, targetOriginId: 'page' },
      cachePolicyId: MANAGED.CachingOptimized,
      responseHeadersPolicyId: webAppHeaders(`${name}-page`, photos.domain, parent).id,
      functionAssociations: [{ eventType: 'viewer-request', functionArn: toPage.arn }],
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

/** Every header goes on, those of a WebSocket among them; a redirect would lose the body of a POST. */
const toApi = (pathPattern: string) => ({
  ...{ pathPattern, targetOriginId: 'api', viewerProtocolPolicy: 'https-only' },
  allowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
  cachedMethods: ['GET', 'HEAD'],
  cachePolicyId: MANAGED.CachingDisabled,
  originRequestPolicyId: MANAGED.AllViewer,
});

const pictureCache = (name: string, parent: Resource) =>
  new CachePolicy(
    name,
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
    { parent },
  );
