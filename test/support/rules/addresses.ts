import { API_PATHS, CALLBACK_PATH } from '../../../contract/routes.ts';
import { at, type Plain } from '../engine/wire.ts';
import { isLike } from '../iam/evaluate.ts';
import { photosBucket } from './storage.ts';
import { allOf, list, only, type Rule, type World } from './world.ts';

const DISTRIBUTION = 'cloudfront/distribution:Distribution';

/** What CloudFront does with a path: the first behaviour whose pattern it is like. */
function routeOf(path: string, world: World): Plain {
  const { inputs } = only(world, DISTRIBUTION);
  const route = list(inputs.orderedCacheBehaviors).find((behaviour) =>
    isLike(path, String(at(behaviour, 'pathPattern'))),
  );
  return route ?? inputs.defaultCacheBehavior ?? null;
}

const leadsTo = (path: string, world: World) => at(routeOf(path, world), 'targetOriginId');

const takesPost = (path: string, world: World) =>
  list(at(routeOf(path, world), 'allowedMethods')).includes('POST');

/** Managed by AWS: nothing is kept; all is kept and no query goes on. @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';

const CACHING_OPTIMIZED = '658327ea-f89d-4fab-a63d-7e88639e58f6';

const forwardsNoQuery = (policyId: Plain, world: World) =>
  policyId === CACHING_OPTIMIZED ||
  allOf(world, 'cloudfront/cachePolicy:CachePolicy').some(
    ({ computed, inputs }) =>
      computed.id === policyId &&
      at(
        inputs,
        'parametersInCacheKeyAndForwardedToOrigin.queryStringsConfig.queryStringBehavior',
      ) === 'none',
  );

const variable = (world: World, entry: string, name: string) =>
  String(
    at(only(world, 'lambda/function:Function', entry).inputs, `environment.variables.${name}`),
  );

/** A copy of the routes in which a pattern is another one. */
const reroute = (world: World, pattern: string) => {
  const { inputs } = only(world, DISTRIBUTION);
  inputs.orderedCacheBehaviors = list(inputs.orderedCacheBehaviors).filter(
    (behaviour) => at(behaviour, 'pathPattern') !== pattern,
  );
};

export const ADDRESS_RULES: Rule[] = [
  {
    promise: 'GraphQL reaches the API through CloudFront, and no answer is kept on the way',
    of: DISTRIBUTION,
    isKept: (_, world) =>
      leadsTo(API_PATHS.graphql, world) === 'api' &&
      takesPost(API_PATHS.graphql, world) &&
      at(routeOf(API_PATHS.graphql, world), 'cachePolicyId') === CACHING_DISABLED,
    fault: (world) => reroute(world, API_PATHS.graphql),
  },
  {
    promise: 'what the function reports reaches the API, at the address it was told',
    of: DISTRIBUTION,
    isKept: (_, world, { computed }) => {
      const url = new URL(variable(world, 'queue', 'CALLBACK_URL'));
      return (
        url.host === computed.domainName &&
        url.pathname === CALLBACK_PATH &&
        leadsTo(url.pathname, world) === 'api' &&
        takesPost(url.pathname, world)
      );
    },
    fault: (world) => reroute(world, '/callbacks/*'),
  },
  {
    promise: 'pictures are served from the folder that the functions write',
    of: DISTRIBUTION,
    isKept: ({ origins }, world) => {
      const path = `/${variable(world, 'http', 'IMAGE_FOLDER')}some-photo/400.webp`;
      const origin = list(origins).find((one) => at(one, 'originId') === leadsTo(path, world));
      return at(origin, 'domainName') === photosBucket(world).computed.bucketRegionalDomainName;
    },
    fault: (world) => reroute(world, '/image/*'),
  },
  {
    promise: 'uploads are not served',
    of: DISTRIBUTION,
    isKept: (_, world) =>
      ['/temp/some-photo', '/staged/some-photo'].every(
        (path) => leadsTo(path, world) !== leadsTo('/image/some-photo/400.webp', world),
      ),
    fault: (world) => {
      only(world, DISTRIBUTION).inputs.orderedCacheBehaviors = [
        { pathPattern: '*', targetOriginId: 'photos' },
      ];
    },
  },
  {
    // CloudFront may list, so that S3 tells it what is not there; a list is asked for by a query.
    promise: 'no list of a bucket is to be had: no query reaches it',
    of: DISTRIBUTION,
    isKept: ({ defaultCacheBehavior = null, orderedCacheBehaviors }, world) =>
      [defaultCacheBehavior, ...list(orderedCacheBehaviors)]
        .filter((behaviour) => at(behaviour, 'targetOriginId') !== 'api')
        .every(
          (behaviour) =>
            at(behaviour, 'originRequestPolicyId') === null &&
            forwardsNoQuery(at(behaviour, 'cachePolicyId'), world),
        ),
    fault: (world) => {
      const policy = only(world, 'cloudfront/cachePolicy:CachePolicy', 'pictures');
      policy.inputs.parametersInCacheKeyAndForwardedToOrigin = {
        queryStringsConfig: { queryStringBehavior: 'all' },
      };
    },
  },
  {
    promise: 'what operators look at stays inside: health, playground',
    of: DISTRIBUTION,
    isKept: (_, world) =>
      [API_PATHS.ready, '/healthz', API_PATHS.playground].every(
        (path) => leadsTo(path, world) === 'page',
      ),
    fault: (world) => {
      only(world, DISTRIBUTION).inputs.defaultCacheBehavior = { targetOriginId: 'api' };
    },
  },
  {
    promise: 'the page may send its forms to the bucket, and to nobody else',
    of: 'responseHeadersPolicy:ResponseHeadersPolicy',
    where: ({ name }) => name.includes('page'),
    isKept: ({ securityHeadersConfig }, world) => {
      const policy = String(
        at(securityHeadersConfig, 'contentSecurityPolicy.contentSecurityPolicy'),
      );
      const bucket = photosBucket(world).computed.bucketRegionalDomainName;
      return /connect-src ([^;]*);/.exec(policy)?.[1] === `'self' https://${bucket}`;
    },
    fault: { securityHeadersConfig: {} },
  },
  {
    promise:
      'who waits gives up later than the one waited for: function, gateway, CloudFront, balancer',
    of: 'lb/loadBalancer:LoadBalancer',
    isKept: ({ idleTimeout }, world) => {
      const vpcOrigin = list(only(world, DISTRIBUTION).inputs.origins).find(
        (origin) => at(origin, 'vpcOriginConfig') !== null,
      );
      const seconds = [
        only(world, 'lambda/function:Function', 'http').inputs.timeout,
        Number(only(world, 'integration:Integration').inputs.timeoutMilliseconds) / 1000,
        at(vpcOrigin, 'vpcOriginConfig.originReadTimeout'),
        idleTimeout,
      ].map(Number);
      return seconds.every((value, place) => value > (seconds[place - 1] ?? 0));
    },
    fault: { idleTimeout: 60 },
  },
  {
    promise: 'no connection is used after its other end has closed it',
    of: 'lb/loadBalancer:LoadBalancer',
    isKept: ({ idleTimeout }, world) => {
      const kept = list(only(world, DISTRIBUTION).inputs.origins)
        .map((origin) => at(origin, 'vpcOriginConfig.originKeepaliveTimeout'))
        .filter((value) => value !== null);
      // s after which Fastify drops an idle connection.
      return kept.every((value) => Number(value) < Number(idleTimeout)) && Number(idleTimeout) < 72;
    },
    fault: { idleTimeout: 50 },
  },
  {
    promise: 'the balancer finds the API where it listens',
    of: 'targetGroup:TargetGroup',
    isKept: ({ port }, world) => {
      const template = only(world, 'launchTemplate:LaunchTemplate').inputs;
      const userData = Buffer.from(String(template.userData), 'base64').toString();
      const rule = allOf(world, 'SecurityGroupIngressRule').find(({ name }) =>
        name.includes('balancer-to-api'),
      );
      return userData.includes(`PORT="${port}"`) && rule?.inputs.fromPort === port;
    },
    fault: { port: 3000 },
  },
];
