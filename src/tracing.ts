/** Exports traces. Loaded only when OTEL_EXPORTER_OTLP_ENDPOINT is set; all other modules import only contract/spans.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  ExportResultCode,
  parseKeyPairsIntoRecord,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { FastifyBaseLogger } from 'fastify';
import type { AppConfig } from './config.ts';

/** Time between two batches. */
const EXPORT_INTERVAL_MS = 2_000;
/** Timeout per batch; too short for a retry. */
const EXPORT_TIMEOUT_MS = 1_000;
/** Shutdown waits this long for the last batch. */
const SHUTDOWN_TIMEOUT_MS = 500;

/**
 * Sends the spans of this process to a collector by OTLP/HTTP.
 * While the collector is unreachable spans are dropped: requests never wait for it, and at most 2,048 spans are buffered.
 *
 * @returns stops the export
 */
export function startTracing(
  { endpoint, headers, service, share }: NonNullable<AppConfig['tracing']>,
  log: FastifyBaseLogger,
) {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: parseKeyPairsIntoRecord(headers),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const processor = new BatchSpanProcessor({
    exporter: logTransitions(exporter, log),
    scheduledDelayMillis: EXPORT_INTERVAL_MS,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': service })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [processor],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());

  return async () => {
    await Promise.race([
      provider.shutdown().catch(() => undefined),
      delay(SHUTDOWN_TIMEOUT_MS, undefined, { ref: false }),
    ]);
    for (const part of [trace, context, propagation]) part.disable();
  };
}

/** Logs one line when exports start to fail, and one when they succeed again. */
function logTransitions(exporter: OTLPTraceExporter, log: FastifyBaseLogger): SpanExporter {
  let isFailing = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        if (failed && !isFailing)
          log.warn({ err: result.error }, 'Traces cannot be exported; spans are dropped.');
        if (!failed && isFailing) log.info('Trace export has recovered.');
        isFailing = failed;
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}
