/** The whole of Portrait on AWS, from the artefacts of `npm run bundle`. */
import { getProject, interpolate, runtime } from '@pulumi/pulumi';
import { API_PATHS } from '../contract/routes.ts';
import { findArtefacts } from './artefacts.ts';
import { Api } from './components/api.ts';
import { Balancer } from './components/balancer.ts';
import { Database } from './components/database.ts';
import { Domain } from './components/domain.ts';
import { Edge } from './components/edge.ts';
import { findBucket } from './components/existing-bucket.ts';
import { Functions } from './components/functions.ts';
import { Gateway } from './components/gateway.ts';
import { Watch } from './components/monitoring.ts';
import { Network } from './components/network.ts';
import { Page } from './components/page.ts';
import { Photos } from './components/photos.ts';
import { openPlace, signIn } from './components/provider.ts';
import { Release } from './components/release.ts';
import { Secrets } from './components/secrets.ts';
import { Doors } from './components/security-groups.ts';
import { readStackConfig } from './config/read.ts';

const stack = readStackConfig(getProject(), runtime.allConfig());
const artefacts = findArtefacts(stack.artefacts);
const at = { provider: openPlace() };
await signIn(at);
const existing = await findBucket(stack.existingBucket, at);

const release = new Release('release', artefacts, at);
const secrets = new Secrets('secrets', stack, at);
const photos = new Photos('photos', { stack, existing }, at);
const page = new Page('page', { stack, files: artefacts.page }, at);

const network = new Network('network', at);
const doors = new Doors('doors', network, at);
const database = new Database('database', { stack, network, doors }, at);
const balancer = new Balancer('balancer', { network, doors }, at);

const domain = new Domain('domain', stack, at);
const edge = new Edge('edge', { stack, domain, photos, page, balancer, network }, at);
domain.addAliasRecords(edge.domainName, edge.zoneId);
photos.allowUploads(edge.url);
photos.allowDistribution(edge.distributionArn);
page.allowDistribution(edge.distributionArn);

const functions = new Functions('functions', { stack, release, photos, edge, secrets }, at);
const gateway = new Gateway('gateway', { stack, functions }, at);
const machines = { stack, release, secrets, network, doors, balancer };
const api = new Api('api', { ...machines, gateway, photos, database, edge }, at);
const watched = { stack, functions, gateway, balancer, database, apiLog: api.logGroup };
const watch = new Watch('watch', watched, at);

// Outputs: `npm run deploy -- stack output`, and what the doctor and docs/deploy.md ask for.
export const pageUrl = edge.url;
export const graphqlUrl = interpolate`${edge.url}${API_PATHS.graphql}`;
export const imageApiUrl = gateway.url;
export const bucket = photos.bucket;
export const queueUrl = functions.uploads.queue.url;
export const deadLetterUrl = functions.uploads.deadLetters.url;
export const logGroups = [
  api.logGroup,
  functions.http.logGroup,
  functions.queue.logGroup,
  gateway.logGroup,
];
export const alarmTopic = watch.topicArn;
export const distributionDomain = edge.domainName;
export const databaseId = database.identifier;
export const machineGroup = api.groupName;
export const adminEmail = stack.adminEmail;
export const adminPassword = secrets.settings.ADMIN_PASSWORD.value;
