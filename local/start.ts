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
import { startS3Gateway } from './s3/gateway.ts';
import type { StoredObject } from './s3/put-object.ts';
import { startBucket } from './s3/store.ts';
import {
  generateCredentials,
  generateWebhookSecret,
  readCredentials,
  readJwtSecret,
} from './secrets.ts';
import { type QueueOptions, startQueue } from './sqs/queue.ts';

interface Options {
  /** Path of the deployable image function. */
  bundle: string;
  /** Logs a one-line message. */
  log: (message: string) => void;
  /** For tests: visibility timeout and concurrency of the queue. */
  queue?: Pick<QueueOptions, 'visibilityTimeout' | 'concurrency'>;
  /** For tests: timeout of the functions. */
  functions?: Pick<FunctionOptions, 'timeout'>;
  /** Aborts the start: everything already started is closed, and the start rejects. */
  stopping?: AbortSignal;
}

/**
 * Embeds everything that the configuration does not set: PostgreSQL, the bucket, its public gateway, the API gateway with
 * the function behind it. Each is reached by the same URL setting as the real service, so no other code differs.
 */
export async function startLocal(config: Config, options: Options) {
  // An invalid setting that only the function reads must fail the start, not the first upload.
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

/** The started parts. */
function openParts(stopping?: AbortSignal) {
  const closers: (() => Promise<void>)[] = [];
  const names: string[] = [];
  return {
    /** Names for the log. */
    names,
    add(name: string, close: () => Promise<void>) {
      names.push(name);
      closers.push(close);
      stopping?.throwIfAborted();
    },
    /** Stops all concurrently: they are unused by now, and one that fails or hangs must not keep the others running. */
    async close() {
      await Promise.allSettled(closers.splice(0).map((close) => close()));
    },
  };
}

const jwtSecret = ({ jwtSecret: secret, dataDir }: Config) => secret ?? readJwtSecret(dataDir);

async function embedDatabase({ databaseUrl, dataDir }: Config, parts: Parts, options: Options) {
  if (databaseUrl) return { databaseUrl };
  const postgres = await startPostgres(dataDir, options.log, options.stopping);
  parts.add('PostgreSQL', postgres.stop);
  return { databaseUrl: postgres.url };
}

/** Name of the embedded bucket. */
const BUCKET = 'portrait';

/** Endpoint and credentials of the object store. */
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
 * Embeds the public gateway of the bucket, and the rest of a direct upload: S3's event, the queue, the function.
 * With PHOTO_URL set, all of these are external.
 */
async function embedDirectRoute(
  config: Config,
  parts: Parts,
  { s3, ...options }: Options & { s3: Store },
) {
  const callbackSecrets = config.callbackSecrets ?? [generateWebhookSecret()];
  if (config.photoUrl) {
    return { photoUrl: config.photoUrl, callbackSecrets, uploadUrl: undefined, deliver: () => {} };
  }
  const queue = await embedQueue(config, parts, { ...options, s3 });
  const { host, corsOrigins, imageFolder: folder, region } = config;
  const onStored = (object: StoredObject) =>
    queue.send(JSON.stringify(s3Event({ ...object, region, bucket: s3.bucket })));
  // Next to the API's port, and as stable, since stored URLs contain it.
  const port = config.port && config.port + 1;
  const uploads = { onStored, log: options.log };
  const door = await startS3Gateway({
    ...{ host, port, corsOrigins, folder, uploads },
    ...{ s3: s3.client, bucket: s3.bucket },
  });
  parts.add('photo links', door.close);

  /** Starts processing direct uploads, once the API can receive callbacks. */
  const deliver = async (apiUrl: string) => {
    const env = {
      ...(await functionEnv(config, s3)),
      CALLBACK_URL: config.callbackUrl ?? apiUrl + CALLBACK_PATH,
      CALLBACK_SECRET: callbackSecrets.join(','),
    };
    const functions = startFunctions({
      bundle: options.bundle,
      env,
      log: options.log,
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

/** Opens the queue in the store of the embedded bucket, or in a separate store if the bucket is external. */
async function embedQueue(
  config: Config,
  parts: Parts,
  { log, s3, queue }: Options & { s3: Store },
) {
  const { dataDir, region } = config;
  const credentials = s3.ownCredentials ?? generateCredentials();
  const open = (endpoint: string) =>
    startQueue({ endpoint, region, credentials, name: 'portrait-uploads', log, ...queue });
  if (s3.ownCredentials && s3.endpoint) return open(s3.endpoint);

  const store = await startBucket({ dataDir, bucket: BUCKET, credentials });
  parts.add('queue', store.close);
  return open(store.endpoint);
}

async function embedImageApi(
  config: Config,
  parts: Parts,
  { bundle, log, s3 }: Options & { s3: Store },
) {
  if (config.imageApiUrl) return { imageApiUrl: config.imageApiUrl };
  const env = await functionEnv(config, s3);
  const functions = startFunctions({ bundle, env, log });
  // The credentials of the bucket, as on AWS, where one pair is valid for both.
  const imageApiCredentials = s3.ownCredentials ?? generateCredentials();
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

/** The function's environment, as in Lambda: its settings, and credentials for the bucket. */
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

/** The function's settings, without callbacks, which only the queue handler uses, and without the API's service name. */
function functionSettings({ functionEnv, region, bucket = BUCKET }: Config) {
  const { CALLBACK_URL, CALLBACK_SECRET, OTEL_SERVICE_NAME, ...given } = functionEnv;
  return { ...given, AWS_REGION: region, PHOTO_BUCKET: bucket };
}
