import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { startFauxqs } from 'fauxqs';

/**
 * Starts an S3 look-alike on a free loopback port and makes the bucket if it is missing.
 *
 * Objects live in one SQLite file under `dataDir/bucket` and survive a `kill -9` whole or not at all. The store
 * checks no signature, so whoever reaches the endpoint owns the bucket: browsers get `startDoor` instead.
 * A single PUT takes at most 11 MiB; what may be larger is sent in parts (`@aws-sdk/lib-storage`).
 *
 * @throws Error when another process has this folder open
 */
export async function startBucket({ dataDir, bucket }: { dataDir: string; bucket: string }) {
  const lock = await lockFolder(dataDir);
  clearLeftOvers(dataDir);
  subscribe('fastify.initialization', keepStrangersOut);
  const starting = startFauxqs({
    port: 0,
    logger: false,
    // Not `s3StorageDir`: its files are torn by a kill in the middle of a write, and one torn file stops every later start.
    dataDir: join(dataDir, 'bucket'),
    init: { buckets: [bucket] },
  });
  unsubscribe('fastify.initialization', keepStrangersOut);

  const server = await starting;
  const endpoint = `http://127.0.0.1:${server.port}`;
  if (server.address !== endpoint) {
    await server.stop();
    throw new Error(`The bucket listens on ${server.address}, where strangers can reach it.`);
  }
  return {
    endpoint,
    async close() {
      await server.stop();
      lock.close();
    },
  };
}

/**
 * The store reads its file once and then answers from memory: two on one folder would not see each other's photos.
 * The lock ends with its process, however that dies.
 */
async function lockFolder(dataDir: string) {
  await mkdir(join(dataDir, 'bucket'), { recursive: true });
  const lock = new DatabaseSync(join(dataDir, 'bucket', 'lock'));
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (cause) {
    lock.close();
    const advice = 'Stop that one, or set DATA_DIR to another folder.';
    throw new Error(`Another Portrait is running on the data in ${dataDir}. ${advice}`, { cause });
  }
}

/** What a kill left half-done, of which nobody who did it is alive: they had this folder to themselves. */
const LEFT_OVER = {
  // The store would keep parts for ever, in its file and in memory. On AWS a lifecycle rule takes them.
  s3_multipart_uploads: 'delete from s3_multipart_uploads',
  // Messages that a function had come again at once, not when its visibility timeout is over.
  sqs_messages: 'update sqs_messages set receipt_handle = null, visibility_deadline = null',
};

function clearLeftOvers(dataDir: string) {
  const store = new DatabaseSync(join(dataDir, 'bucket', 'fauxqs.db'));
  const isThere = store.prepare('select 1 from sqlite_schema where name = ?');
  for (const [table, statement] of Object.entries(LEFT_OVER)) {
    if (isThere.get(table)) store.exec(statement);
  }
  store.close();
}

/**
 * The store would listen on every network interface and has no option against it;
 * Fastify announces each new server, here before it listens.
 */
function keepStrangersOut(message: unknown) {
  const { fastify } = message as { fastify: FastifyInstance };
  const listen = fastify.listen.bind(fastify);
  Object.assign(fastify, {
    listen: (options: object) => listen({ ...options, host: '127.0.0.1' }),
  });
  fastify.addHook('onRequest', refuseBrowsers);
}

/** A web page can send forms and read images across origins, but no Authorization header; nor our host name after DNS rebinding. */
async function refuseBrowsers({ headers }: FastifyRequest, reply: FastifyReply) {
  const isOurs =
    headers.authorization?.startsWith('AWS4-') && headers.host?.startsWith('127.0.0.1:');
  if (!isOurs) return reply.code(403).send();
}
