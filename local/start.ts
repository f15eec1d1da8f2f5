import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Credentials } from '../contract/credentials.ts';
import { CALLBACK_PATH } from '../contract/routes.ts';
import { readConfig as readFunctionConfig } from '../lambda/config.ts';
import type { AppConfig, Config } from '../src/config.ts';
import { fullDiskError } from '../src/disk.ts';
import { startGateway } from './api-gateway/server.ts';
import { prepareDataDir } from './data-dir.ts';
import { type FunctionOptions, startFunctions } from './lambda-host/lambda-host.ts';
import { startPostgres } from './postgres/postgres.ts';
import { s3Event } from './s3/event.ts';
import { startDoor } from './s3/gateway.ts';
import type { StoredObject } from './s3/put-object.ts';
import { startBucket } from './s3/store.ts';
import { makeCredentials, makeWebhookSecret, readCredentials, readJwtSecret } from './secrets.ts';
import { type QueueOptions, startQueue } from './sqs/queue.ts';

interface Options {
  /** Path of the image function as it is deployed. */
  bundle: string;
  /** Takes one-line messages for the log. */
  say: (message: string) => void;
  /** For tests: how soon, and how often at once, the queue hands a message out. */
  queue?: Pick<QueueOptions, 'visibilityTimeout' | 'concurrency'>;
  /** For tests: how long a function may take. */
  functions?: Pick<FunctionOptions, 'timeout'>;
  /** Ends a start half-way: what has begun is closed, and the start rejects. */
  stopping?: AbortSignal;
}

/**
 * Embeds whatever the configuration does not name: PostgreSQL, the bucket, its public door, the gateway with the
 * function behind it. Each stands behind the URL of the real thing, so nothing else knows the difference.
 */
export async function startLocal(config: Config, options: Options) {
  // A setting that only the function reads stops the start here, not the first upload.
  if (!config.imageApiUrl) readFunctionConfig(functionSettings(config));
  options.stopping?.throwIfAborted();
  await prepareDataDir(config.dataDir);
  const parts = openParts(options.stopping);
  try {
    const database = await embedDatabase(config, parts, options);
    const s3 = await embedBucket(config, parts);
    const direct = await embedDirectRoute(config, parts, { ...options, s3 });
    const imageApi = await embedImageApi(config, parts, { ...options, s3 });
    const complete: AppConfig = {
      ...config,
      ...database,
      ...imageApi,
      bucket: s3.bucket,
      s3Endpoint: s3.endpoint,
      photoUrl: direct.photoUrl,
      callbackSecrets: direct.callbackSecrets,
      jwtSecret: config.identityProvider ? undefined : await jwtSecret(config),
      ...(s3.ownCredentials && { s3Credentials: s3.ownCredentials }),
      ...(direct.uploadUrl && { uploadUrl: direct.uploadUrl }),
    };
    return { config: complete, parts: parts.names, deliver: direct.deliver, close: parts.close };
  } catch (error) {
    await parts.close();
    throw fullDiskError({ setting: 'DATA_DIR', path: config.dataDir }, error);
  }
}

type Parts = ReturnType<typeof openParts>;

/** What has been started. */
function openParts(stopping?: AbortSignal) {
  const closers: (() => Promise<void>)[] = [];
  const names: string[] = [];
  return {
    /** In words, for the log. */
    names,
    add(name: string, close: () => Promise<void>) {
      names.push(name);
      closers.push(close);
      stopping?.throwIfAborted();
    },
    /** Stops them all at once: nobody uses them any more, and one that fails or lingers does not keep the others running. */
    async close() {
      await Promise.allSettled(closers.splice(0).map((close) => close()));
    },
  };
}

const jwtSecret = ({ jwtSecret: secret, dataDir }: Config) => secret ?? readJwtSecret(dataDir);

async function embedDatabase({ databaseUrl, dataDir }: Config, parts: Parts, options: Options) {
  if (databaseUrl) return { databaseUrl };
  const postgres = await startPostgres(dataDir, options.say, options.stopping);
  parts.add('PostgreSQL', postgres.stop);
  return { databaseUrl: postgres.url };
}

/** Name of the embedded bucket. */
const BUCKET = 'portrait';

/** Where objects are, and the credentials that open it. */
interface Store {
  bucket: string;
  endpoint: string | undefined;
  ownCredentials: Credentials | undefined;
  client: S3ClientConfig & { region: string };
}

async function embedBucket(
  { bucket, s3Endpoint, dataDir, region }: Config,
  parts: Parts,
): Promise<Store> {
  if (bucket) {
    const client = { region, ...(s3Endpoint && { endpoint: s3Endpoint }) };
    return { bucket, endpoint: s3Endpoint, ownCredentials: undefined, client };
  }
  const ownCredentials = await readCredentials(dataDir);
  const embedded = await startBucket({ dataDir, bucket: BUCKET, credentials: ownCredentials });
  parts.add('bucket', embedded.close);
  const client = { region, endpoint: embedded.endpoint, credentials: ownCredentials };
  return { bucket: BUCKET, endpoint: embedded.endpoint, ownCredentials, client };
}

/**
 * The public door of the bucket, and what answers a direct upload on AWS: S3's event, the queue, the function.
 * With PHOTO_URL set all of that is somewhere else.
 */
async function embedDirectRoute(
  config: Config,
  parts: Parts,
  { s3, ...options }: Options & { s3: Store },
) {
  const callbackSecrets = config.callbackSecrets ?? [makeWebhookSecret()];
  if (config.photoUrl) {
    return { photoUrl: config.photoUrl, callbackSecrets, uploadUrl: undefined, deliver: () => {} };
  }
  const queue = await embedQueue(config, parts, { ...options, s3 });
  const { host, corsOrigins, imageFolder: folder, region } = config;
  const onStored = (object: StoredObject) =>
    queue.send(JSON.stringify(s3Event({ ...object, region, bucket: s3.bucket })));
  // Beside the API, and as lasting: stored links point here.
  const port = config.port && config.port + 1;
  const uploads = { onStored, log: options.say };
  const door = await startDoor({
    ...{ host, port, corsOrigins, folder, uploads },
    ...{ s3: s3.client, bucket: s3.bucket },
  });
  parts.add('photo links', door.close);

  /** Begins to process direct uploads, now that somebody hears what became of them. */
  const deliver = async (apiUrl: string) => {
    const env = {
      ...(await functionEnv(config, s3)),
      CALLBACK_URL: config.callbackUrl ?? apiUrl + CALLBACK_PATH,
      CALLBACK_SECRET: callbackSecrets.join(','),
    };
    const functions = startFunctions({
      bundle: options.bundle,
      env,
      log: options.say,
      ...options.functions,
    });
    queue.poll((event) => functions.invoke('queue', event));
    parts.add('queue', async () => {
      await queue.close();
      await functions.close();
    });
  };
  return { photoUrl: door.url, uploadUrl: door.url, callbackSecrets, deliver };
}

/** In the store of the embedded bucket, or one of its own beside a bucket that is elsewhere. */
async function embedQueue(
  config: Config,
  parts: Parts,
  { say, s3, queue }: Options & { s3: Store },
) {
  const { dataDir, region } = config;
  const credentials = s3.ownCredentials ?? makeCredentials();
  const open = (endpoint: string) =>
    startQueue({ endpoint, region, credentials, name: 'portrait-uploads', log: say, ...queue });
  if (s3.ownCredentials && s3.endpoint) return open(s3.endpoint);

  const store = await startBucket({ dataDir, bucket: BUCKET, credentials });
  parts.add('queue', store.close);
  return open(store.endpoint);
}

async function embedImageApi(
  config: Config,
  parts: Parts,
  { bundle, say, s3 }: Options & { s3: Store },
) {
  if (config.imageApiUrl) return { imageApiUrl: config.imageApiUrl };
  const env = await functionEnv(config, s3);
  const functions = startFunctions({ bundle, env, log: say });
  // Those of the bucket, as on AWS: an API that runs elsewhere has one pair for both.
  const imageApiCredentials = s3.ownCredentials ?? makeCredentials();
  const gateway = await startGateway({
    port: 0,
    region: config.region,
    credentials: imageApiCredentials,
    invoke: (event) => functions.invoke('http', event),
  });
  parts.add('image API', async () => {
    await gateway.close();
    await functions.close();
  });
  return { imageApiUrl: gateway.url, imageApiCredentials };
}

/** The environment that Lambda would give the function: its settings, and credentials for the bucket. */
async function functionEnv(config: Config, { endpoint, ownCredentials }: Store) {
  const { accessKeyId, secretAccessKey, sessionToken } =
    ownCredentials ?? (await defaultProvider()());
  return {
    ...functionSettings(config),
    ...(endpoint && { S3_ENDPOINT: endpoint }),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
  };
}

/** Callbacks are the queue's function's affair alone, and the API's name in traces is its own. */
function functionSettings({ functionEnv, region, bucket = BUCKET }: Config) {
  const { CALLBACK_URL, CALLBACK_SECRET, OTEL_SERVICE_NAME, ...given } = functionEnv;
  return { ...given, AWS_REGION: region, PHOTO_BUCKET: bucket };
}
