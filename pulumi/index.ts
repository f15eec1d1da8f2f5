/**
 * Portrait on AWS, from the artifacts of `npm run bundle`.
 *
 * Names and types of components and resources are parts of their URNs: changing one replaces the resource.
 */
import { getProject, interpolate, runtime } from '@pulumi/pulumi';
import { API_PATHS } from '../contract/routes.ts';
import { findArtifacts } from './artifacts.ts';
import { Api } from './components/api.ts';
import { Balancer } from './components/balancer.ts';
import { Database } from './components/database.ts';
import { Domain } from './components/domain.ts';
import { Edge } from './components/edge.ts';
import { findBucket } from './components/existing-bucket.ts';
import { Functions } from './components/functions.ts';
import { Gateway } from './components/gateway.ts';
import { Monitoring } from './components/monitoring.ts';
import { Network } from './components/network.ts';
import { Photos } from './components/photos.ts';
import { checkCredentials, createProvider } from './components/provider.ts';
import { Release } from './components/release.ts';
import { Secrets } from './components/secrets.ts';
import { SecurityGroups } from './components/security-groups.ts';
import { WebApp } from './components/web-app.ts';
import { readStackConfig } from './config/read.ts';

const stack = readStackConfig(getProject(), runtime.allConfig());
const artifacts = findArtifacts(stack.artifacts);
const aws = { provider: createProvider() };
await checkCredentials(aws);
const existing = await findBucket(stack.existingBucket, aws);

const release = new Release('release', artifacts, aws);
const secrets = new Secrets('secrets', stack, aws);
const photos = new Photos('photos', { stack, existing }, aws);
const webApp = new WebApp('page', { stack, files: artifacts.webApp }, aws);

const network = new Network('network', aws);
const securityGroups = new SecurityGroups('doors', network, aws);
const database = new Database('database', { stack, network, securityGroups }, aws);
const balancer = new Balancer('balancer', { network, securityGroups }, aws);

const domain = new Domain('domain', stack, aws);
const edge = new Edge('edge', { stack, domain, photos, webApp, balancer, network }, aws);
domain.addAliasRecords(edge.domainName, edge.zoneId);
photos.allowUploads(edge.url);
photos.allowDistribution(edge.distributionArn);
webApp.allowDistribution(edge.distributionArn);

const functions = new Functions('functions', { stack, release, photos, edge, secrets }, aws);
const gateway = new Gateway('gateway', { stack, functions }, aws);
const api = new Api(
  'api',
  {
    stack,
    release,
    secrets,
    network,
    securityGroups,
    balancer,
    gateway,
    photos,
    database,
    edge,
  },
  aws,
);
const monitoring = new Monitoring(
  'watch',
  { stack, functions, gateway, balancer, database, apiLogGroup: api.logGroup },
  aws,
);

// Outputs: `npm run deploy -- stack output`; the doctor and docs/deploy.md use them.
export const webAppUrl = edge.url;
export const graphqlUrl = interpolate`${edge.url}${API_PATHS.graphql}`;
export const imageApiUrl = gateway.url;
export const bucket = photos.bucket;
export const queueUrl = functions.uploads.queue.url;
export const deadLetterQueueUrl = functions.uploads.deadLetterQueue.url;
export const logGroups = [
  api.logGroup,
  functions.http.logGroup,
  functions.queue.logGroup,
  gateway.logGroup,
];
export const alarmTopic = monitoring.topicArn;
export const distributionDomain = edge.domainName;
export const databaseId = database.identifier;
export const autoScalingGroup = api.groupName;
export const adminEmail = stack.adminEmail;
export const adminPassword = secrets.settings.ADMIN_PASSWORD.value;
