import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { vi } from 'vitest';

type Value = { stringValue?: string; intValue?: number; boolValue?: boolean };
interface Attribute {
  key: string;
  value: Value;
}
/** A span in OTLP's JSON encoding. @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
interface WireSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: Attribute[];
  status?: { code?: number };
}
interface Batch {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: WireSpan[] }[];
  }[];
}

export interface Span {
  traceId: string;
  name: string;
  service: string;
  /** Name of the parent span; undefined if the parent was not sent here. */
  parent: string | undefined;
  attributes: Record<string, string | number | boolean | undefined>;
  isFailed: boolean;
  /** ns since 1970 */
  start: bigint;
  end: bigint;
}

/** Starts an OpenTelemetry collector that keeps everything it receives. */
export async function startCollector() {
  const bodies: string[] = [];
  const keys = new Set<unknown>();
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const isTrace = request.url === '/v1/traces' && request.method === 'POST';
    if (isTrace) bodies.push(body);
    keys.add(request.headers['api-key']);
    response.writeHead(isTrace ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const spans = () => read(bodies.map((body) => JSON.parse(body) as Batch));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** All request bodies, joined. */
    text: () => bodies.join('\n'),
    spans,
    /** Values of the `api-key` header received. */
    keys,
    /** Waits until a trace contains a span of this name. @returns all its spans */
    async trace(traceId: string, name: string): Promise<Span[]> {
      const ofTrace = () => spans().filter((span) => span.traceId === traceId);
      return vi.waitFor(
        () => {
          if (ofTrace().some((span) => span.name === name)) return ofTrace();
          throw new Error(`The trace has no ${name}.`);
        },
        { timeout: 15_000 },
      );
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
export type Collector = Awaited<ReturnType<typeof startCollector>>;

const readAttributes = (attributes: Attribute[] = []) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.boolValue,
    ]),
  );

function read(batches: Batch[]): Span[] {
  const sent = batches.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ resource, scopeSpans }) => {
      const service = String(readAttributes(resource.attributes)['service.name']);
      return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ service, ...span })));
    }),
  );
  const names = new Map(sent.map(({ spanId, name }) => [spanId, name]));
  return sent.map(({ traceId, name, service, parentSpanId = '', ...span }) => ({
    ...{ traceId, name, service },
    parent: names.get(parentSpanId),
    attributes: readAttributes(span.attributes),
    isFailed: span.status?.code === 2,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
  }));
}
