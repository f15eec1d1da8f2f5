/** What sends traces. Loaded only where OTEL_EXPORTER_OTLP_ENDPOINT is set; everybody else knows spans.ts alone. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { parseKeyPairsIntoRecord, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from './config.ts';
import { logFault } from './log.ts';

/** ms that a call waits for the collector, at most; one that refuses is known at once, and is not asked twice. */
const PATIENCE = 500;

/**
 * Keeps the steps of each call for a collector of OpenTelemetry.
 *
 * @returns sends them, at the end of each call: between two calls Lambda lets no process run. Never throws.
 */
export function startTracing({ endpoint, headers, service }: TracingConfig) {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: parseKeyPairsIntoRecord(headers),
    timeoutMillis: PATIENCE,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': service })),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: PATIENCE })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());

  return () =>
    provider.forceFlush().catch(([reason]) => {
      logFault(new Error('The trace could not be sent; it is lost.', { cause: reason }), {});
    });
}
