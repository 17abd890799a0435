import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { traceparentOf } from '@kuraxx/event-store';
import {
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { setGlobalErrorHandler, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { OpenSpan, SpanStart, Tracing } from './tracing.ts';

/** What a collector that is away may cost when the service stops. */
const flushMs = 2_000;

const kinds: Readonly<Record<SpanStart['kind'], SpanKind>> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  internal: SpanKind.INTERNAL,
};

const isSampled = (of: Context): boolean =>
  ((trace.getSpanContext(of)?.traceFlags ?? TraceFlags.NONE) & TraceFlags.SAMPLED) !== 0;

const openSpanOf = (span: Span): OpenSpan => ({
  name: (name) => void span.updateName(name),
  set: (attributes) => void span.setAttributes(attributes),
  failed: () => void span.setStatus({ code: SpanStatusCode.ERROR }),
});

const fail = (span: Span, error: unknown): void => {
  // a message may quote what somebody wrote
  span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
};

const carrier = (): Record<string, string> => ({});

/** Starts sending spans by OTLP/HTTP; where to, how many and with which headers the standard `OTEL_…` variables say. Once per process. */
export const startTracing = (
  service: string,
  { traceHeaders }: Pick<Config, 'traceHeaders'>,
  logger: Logger,
): Tracing & { close(): Promise<void> } => {
  // the exporter reads its environment by itself, and knows of no file
  if (traceHeaders !== undefined) process.env['OTEL_EXPORTER_OTLP_HEADERS'] = traceHeaders;
  let isTold = false;
  setGlobalErrorHandler((error) => {
    const err = error instanceof Error ? error : new Error('spans were not sent', { cause: error });
    if (isTold) logger.debug({ err }, 'spans were not sent');
    else logger.warn({ err }, 'spans were not sent: is the collector there?');
    isTold = true; // once, not for each batch: what is lost are traces
  });
  const identity = resourceFromAttributes({
    'service.name': `kuraxx-${service}`,
    'service.instance.id': randomUUID(),
    'process.pid': process.pid,
  });
  const resource = defaultResource()
    .merge(identity)
    .merge(detectResources({ detectors: [envDetector] }));
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const propagator = new W3CTraceContextPropagator();
  const tracer = provider.getTracer('kuraxx');

  const contextOf = (traceparent: string): Context =>
    propagator.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter);

  return {
    span<T>(name: string, { kind, attributes = {}, parent }: SpanStart, work: (span: OpenSpan) => T): T {
      const around = parent === undefined ? context.active() : contextOf(parent);
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, around);
      try {
        const result = context.with(trace.setSpan(around, span), () => work(openSpanOf(span)));
        if (result instanceof Promise) {
          result.then(
            () => span.end(),
            (error: unknown) => fail(span, error),
          );
        } else span.end();
        return result;
      } catch (error) {
        fail(span, error);
        throw error;
      }
    },
    current() {
      const active = context.active();
      if (!isSampled(active)) return undefined;
      const fields = carrier();
      propagator.inject(active, fields, defaultTextMapSetter);
      return fields['traceparent'];
    },
    handled(name, records, startedAtMs, attributes) {
      const endedAtMs = Date.now();
      for (const record of records) {
        const traceparent = traceparentOf(record);
        if (traceparent === undefined) continue;
        const parent = contextOf(traceparent);
        if (!isSampled(parent)) continue;
        const about = { 'kuraxx.event.type': record.wireType, 'kuraxx.event.id': record.eventId, ...attributes };
        const start = { kind: SpanKind.CONSUMER, startTime: startedAtMs, attributes: about };
        tracer.startSpan(name, start, parent).end(endedAtMs);
      }
    },
    async close() {
      const sent = provider.shutdown().catch((err: unknown) => logger.debug({ err }, 'the last spans were not sent'));
      await Promise.race([sent, delay(flushMs, undefined, { ref: false })]);
      context.disable();
    },
  };
};
