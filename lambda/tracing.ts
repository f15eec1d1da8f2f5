/** Sends traces to a collector. Loaded only when OTEL_EXPORTER_OTLP_ENDPOINT is set; all other code uses spans.ts. */
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { parseKeyPairsIntoRecord, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from './config.ts';
import { logFault } from './log.ts';

/** ms that an invocation waits for the collector at most. */
const EXPORT_TIMEOUT_MS = 500;

/**
 * Collects the spans of each invocation for an OpenTelemetry collector.
 *
 * @returns sends them; to be called at the end of each invocation, since Lambda freezes the process after it. Never throws.
 */
export function startTracing({ endpoint, headers, service }: TracingConfig) {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint}/v1/traces`,
    headers: parseKeyPairsIntoRecord(headers),
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes({ 'service.name': service })),
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: EXPORT_TIMEOUT_MS })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());

  return () =>
    provider.forceFlush().catch(([reason]) => {
      logFault(new Error('The trace could not be sent and is lost.', { cause: reason }), {});
    });
}
