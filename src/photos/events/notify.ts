import { EventEmitter, on } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { FastifyBaseLogger } from 'fastify';
import pg from 'pg';
import type { ConnectionConfig } from '../../database/connection-config.ts';

const CHANNEL = 'photo_changed';

/** Back-off before a reconnect: doubled after each failure, reset once the connection listens. */
const RECONNECT_DELAY_MS = { min: 100, max: 5_000 };

/** A connection that was cut without a FIN or RST looks idle: the query fails on it. */
const HEARTBEAT_INTERVAL_MS = 10_000;

const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 5_000;

/** Notifies every process of a changed photo when, and only if, the transaction commits. */
export const notifyPhotoEvent = (tx: SqlEntityManager, photoId: string) =>
  tx.execute('select pg_notify(?, ?)', [CHANNEL, photoId]);

export type PhotoEvents = ReturnType<typeof listenForPhotoEvents>;

/**
 * Receives the photo events of all processes over one connection (PostgreSQL LISTEN). A lost connection is reopened;
 * since events may have been missed meanwhile, every subscriber then gets one.
 */
export function listenForPhotoEvents(connection: ConnectionConfig, log: FastifyBaseLogger) {
  const events = new EventEmitter().setMaxListeners(0);
  const closing = new AbortController();
  const ended = listen();

  async function listen() {
    let delayMs = RECONNECT_DELAY_MS.min;
    while (!closing.signal.aborted) {
      try {
        await listenOnce(() => {
          delayMs = RECONNECT_DELAY_MS.min;
        });
      } catch (err) {
        if (closing.signal.aborted) return;
        // The password may have been rotated; the next attempt uses the new one.
        connection.mayRetry(err);
        log.warn({ err }, 'Lost the connection for photo events; reconnecting.');
      }
      await delay(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
      delayMs = Math.min(2 * delayMs, RECONNECT_DELAY_MS.max);
    }
  }

  /** @throws when the connection is lost, and when this is closed */
  async function listenOnce(onListening: () => void) {
    const client = createClient(connection);
    const { promise: lost, reject } = Promise.withResolvers<never>();
    client.on('error', reject);
    client.once('end', () => reject(new Error('The connection ended.')));
    closing.signal.addEventListener('abort', reject, { once: true });
    const heartbeat = setInterval(
      () => client.query('select').catch(reject),
      HEARTBEAT_INTERVAL_MS,
    );
    client.on('notification', ({ payload }) => payload && events.emit(payload));
    try {
      await Promise.race([client.connect(), lost]);
      await client.query(`listen ${CHANNEL}`);
      onListening();
      // `on` also listens for `error`; emitting that would end every subscription.
      const photoIds = events.eventNames().filter((name) => name !== 'error');
      for (const photoId of photoIds) events.emit(photoId);
      await lost;
    } finally {
      clearInterval(heartbeat);
      closing.signal.removeEventListener('abort', reject);
      await client.end().catch(() => undefined);
    }
  }

  return {
    /** Yields once for each change of the photo from now on, until the iterator is returned. */
    subscribe: (photoId: string) => on(events, photoId),

    async close() {
      closing.abort();
      await ended;
    },
  };
}

const createClient = ({ client }: ConnectionConfig) =>
  new pg.Client({
    ...client,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    application_name: 'portrait photo events',
  });
