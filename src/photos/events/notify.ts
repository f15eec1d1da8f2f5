import { EventEmitter, on } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import pg from 'pg';
import type { ConnectionConfig } from '../../database/connection-config.ts';

const CHANNEL = 'photo_changed';

/** ms before the first and, doubled each time, at most before any further try to listen again. */
const PAUSE = { first: 100, longest: 5_000 };

/** ms between questions whether the connection still lives: one that was cut without a word looks like silence. */
const PULSE = 10_000;

/** Tells every process that a photo has another state; heard when, and only if, the transaction is committed. */
export const notifyPhotoEvent = (tx: SqlEntityManager, photoId: string) =>
  tx.execute('select pg_notify(?, ?)', [CHANNEL, photoId]);

export type PhotoEvents = ReturnType<typeof listenForPhotoEvents>;

/**
 * Hears of photos whose state changed in any process, over one connection that listens (PostgreSQL LISTEN).
 * A connection that is lost is opened again; what was missed meanwhile shows as a change of every photo followed.
 */
export function listenForPhotoEvents(connection: ConnectionConfig, log: FastifyBaseLogger) {
  const changes = new EventEmitter().setMaxListeners(0);
  const closing = new AbortController();
  const ended = listen();

  async function listen() {
    let pause = PAUSE.first;
    while (!closing.signal.aborted) {
      try {
        await hear(() => {
          pause = PAUSE.first;
        });
      } catch (err) {
        if (closing.signal.aborted) return;
        // The password may have changed; the next try has the new one.
        connection.mayRetry(err);
        log.warn({ err }, 'Changes of photos are not heard; listening again.');
      }
      await delay(pause, undefined, { signal: closing.signal }).catch(() => undefined);
      pause = Math.min(2 * pause, PAUSE.longest);
    }
  }

  /** Listens until the connection is lost, which it throws. */
  async function hear(onListening: () => void) {
    const client = makeClient(connection);
    const { promise: lost, reject } = Promise.withResolvers<never>();
    client.on('error', reject);
    client.once('end', () => reject(new Error('The connection ended.')));
    closing.signal.addEventListener('abort', reject, { once: true });
    const pulse = setInterval(() => client.query('select').catch(reject), PULSE);
    client.on('notification', ({ payload }) => payload && changes.emit(payload));
    try {
      await Promise.race([client.connect(), lost]);
      await client.query(`listen ${CHANNEL}`);
      onListening();
      // Whoever waits for an event of an emitter hears its errors, too; without one, that would be the end of all.
      const followed = changes.eventNames().filter((name) => name !== 'error');
      for (const photoId of followed) changes.emit(photoId);
      await lost;
    } finally {
      clearInterval(pulse);
      closing.signal.removeEventListener('abort', reject);
      await client.end().catch(() => undefined);
    }
  }

  return {
    /** An event for each change of the photo from now on, until the iterator is returned. */
    of: (photoId: string) => on(changes, photoId),

    async close() {
      closing.abort();
      await ended;
    },
  };
}

const makeClient = ({ client }: ConnectionConfig) =>
  new pg.Client({
    ...client,
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    application_name: 'portrait changes',
  });
