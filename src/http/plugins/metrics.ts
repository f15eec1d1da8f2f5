import type { ApolloServerPlugin } from '@apollo/server';
import { trace } from '@opentelemetry/api';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { GraphQLError } from 'graphql';
import type { Pool } from 'pg';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { API_PATHS } from '../../../contract/routes.ts';
import { noteFailure } from '../../../contract/spans.ts';
import type { Database } from '../../database/database.ts';
import type { Context } from '../../graphql/context.ts';
import { type DelayedErasures, readDelayedErasures } from '../../photos/jobs/erasures.ts';
import type { Sockets } from '../websocket/sockets.ts';

/** Histogram buckets, s; a read takes milliseconds, a photo a second, and the image API times out after 31 s. */
const REQUEST_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Histogram buckets, s, from the presigned POST to the variants of a direct upload: a phone may upload for minutes. */
const UPLOAD_BUCKETS_S = [0.5, 1, 2.5, 5, 10, 30, 60, 150, 300];

export type Metrics = ReturnType<typeof createMetrics>;

/** Metrics of one process. Names include the unit; labels have few values, never client input. */
export function createMetrics() {
  const registers = [new Registry()];
  const [registry] = registers;
  return {
    registry: registry ?? new Registry(),
    requests: new Histogram({
      registers,
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of a request to the last byte of its response.',
      labelNames: ['method', 'route', 'status'],
      buckets: REQUEST_BUCKETS_S,
    }),
    operations: new Histogram({
      registers,
      name: 'graphql_operation_duration_seconds',
      help: 'Duration of a GraphQL operation, by its first field and the code of its first error.',
      labelNames: ['operation', 'code'],
      buckets: REQUEST_BUCKETS_S,
    }),
    directUploads: new Histogram({
      registers,
      name: 'portrait_direct_upload_seconds',
      help: 'Time from the presigned POST of a direct upload to its outcome, by outcome.',
      labelNames: ['outcome'],
      buckets: UPLOAD_BUCKETS_S,
    }),
  };
}

interface Measured {
  metrics: Metrics;
  pool: Pool;
  database: Database;
  log: FastifyBaseLogger;
}

/** `/metrics` in the format of Prometheus. */
export async function addMetrics(server: FastifyInstance, parts: Measured, sockets: Sockets) {
  const { registry, requests } = parts.metrics;
  collectDefaultMetrics({ register: registry });
  addPoolMetrics(registry, parts.pool);
  addQueueMetrics(registry, parts);
  addErasureMetrics(registry, parts);
  addSocketMetrics(registry, sockets);

  server.addHook('onResponse', ({ method, routeOptions }, reply, done) => {
    const route = routeOptions.url ?? 'none';
    requests.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
  server.get(API_PATHS.metrics, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}

function addPoolMetrics(registry: Registry, pool: Pool) {
  new Gauge({
    registers: [registry],
    name: 'portrait_database_connections',
    help: 'Database connections of this process by state, and queries waiting for one.',
    labelNames: ['state'],
    collect() {
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      this.set({ state: 'waiting' }, pool.waitingCount);
    },
  });
}

function addSocketMetrics(registry: Registry, { counts }: Sockets) {
  new Gauge({
    registers: [registry],
    name: 'portrait_websockets',
    help: 'WebSockets of this process: all open ones, and those with an authenticated user.',
    labelNames: ['state'],
    collect() {
      this.set({ state: 'open' }, counts.open);
      this.set({ state: 'authenticated' }, counts.authenticated);
    },
  });
  new Gauge({
    registers: [registry],
    name: 'portrait_websocket_operations',
    help: 'Operations in progress on the WebSockets of this process.',
    collect() {
      this.set(counts.operations);
    },
  });
}

/** Timeout of a query; a scrape times out after ten seconds. */
const QUERY_TIMEOUT_MS = 2_000;

/**
 * Queues in the database are the same for all processes: aggregate by maximum, not sum. Absent while the database is
 * down, so that the other metrics stay available.
 */
function addQueueMetrics(
  registry: Registry,
  { database, log }: Pick<Measured, 'database' | 'log'>,
) {
  const readStates = (query: string) =>
    database.em
      .fork({ signal: AbortSignal.timeout(QUERY_TIMEOUT_MS) })
      .execute<{ state: string; count: string }[]>(query)
      .catch((error: unknown) => {
        log.warn({ err: error }, 'The queues in the database could not be counted.');
        return [];
      });
  const count = (name: string, help: string, query: string) =>
    new Gauge({
      ...{ registers: [registry], name, help, labelNames: ['state'] },
      async collect() {
        this.reset();
        for (const { state, count } of await readStates(query)) this.set({ state }, Number(count));
      },
    });
  count(
    'portrait_jobs',
    'Jobs that are waiting or in progress, and those given up.',
    `select case when attempts < max_attempts then 'waiting' else 'given up' end as state, count(*)
     from graphile_worker.jobs group by 1`,
  );
  count(
    'portrait_uploads_under_way',
    'Uploads in progress: photos awaiting their upload or being processed.',
    `select status as state, count(*) from photos
     where status in ('AWAITING_UPLOAD', 'PROCESSING') group by 1`,
  );
}

/** Deleted photos whose objects could not be erased yet; the same for all processes. Absent while the database is down. */
function addErasureMetrics(
  registry: Registry,
  { database, log }: Pick<Measured, 'database' | 'log'>,
) {
  const query = () =>
    readDelayedErasures(database.em.fork({ signal: AbortSignal.timeout(QUERY_TIMEOUT_MS) }))
      .catch((err: unknown) => log.warn({ err }, 'Delayed erasures could not be counted.'))
      .finally(() => {
        pending = undefined;
      });
  // A scrape collects all gauges at once, without an order: both wait for the same query.
  let pending: ReturnType<typeof query> | undefined;
  const gauge = (name: string, help: string, read: (delayed: DelayedErasures) => number) =>
    new Gauge({
      ...{ registers: [registry], name, help },
      async collect() {
        pending ??= query();
        const delayed = await pending;
        if (delayed) this.set(read(delayed));
        else this.remove();
      },
    });
  gauge(
    'portrait_erasures_delayed',
    'Erasures that failed and will be retried, or that are overdue.',
    ({ count }) => count,
  );
  gauge(
    'portrait_erasures_delayed_oldest_seconds',
    'Age of the oldest delayed erasure; 0 when there are none.',
    ({ oldestSeconds }) => oldestSeconds,
  );
}

/** Times every operation, logs one line with user, field, duration and outcome, and names its trace span. */
export const operationsPlugin = ({ operations }: Metrics): ApolloServerPlugin<Context> => ({
  async requestDidStart() {
    const started = performance.now();
    return {
      async willSendResponse({ operation, contextValue: { log, viewer }, response, errors }) {
        const ms = performance.now() - started;
        const code = codeOf(errors) ?? (response.body.kind === 'single' ? 'OK' : 'STREAM');
        const [field] = operation?.selectionSet.selections ?? [];
        // Operation names given by clients have unbounded cardinality.
        const name = field?.kind === 'Field' ? field.name.value : 'none';
        operations.observe({ operation: name, code }, ms / 1000);
        const facts = {
          operation: name,
          code,
          ms: Math.round(ms),
          ...(viewer && { userId: viewer.id }),
        };
        const title = `${operation?.operation ?? 'request'} ${name}`;
        log.info(facts, title);
        const span = trace.getActiveSpan();
        span?.updateName(title);
        if (viewer) span?.setAttribute('user.id', viewer.id);
        if (span && errors) noteFailure(span, { code });
      },
    };
  },
});

const codeOf = (errors: readonly GraphQLError[] | undefined) =>
  errors?.[0] && String(errors[0].extensions.code ?? 'INTERNAL_SERVER_ERROR');
