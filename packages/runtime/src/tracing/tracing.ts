import type { LogRecord } from '@kuraxx/event-store';

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/** A span that is under way, for what is known only later. */
export type OpenSpan = {
  name(name: string): void;
  set(attributes: Attributes): void;
  /** What it was about went wrong. What went wrong is for the log: a trace leaves the house. */
  failed(): void;
};

export type SpanStart = {
  /** `server`: somebody outside asked; `producer`: an event is written; `internal`: anything else. */
  readonly kind: 'server' | 'producer' | 'internal';
  readonly attributes?: Attributes;
  /** The W3C `traceparent` of who asked. Absent: the current span is the parent, if there is one. */
  readonly parent?: string | undefined;
};

/**
 * Spans of this process. Wherever one can be given `undefined` stands for tracing that is off, and costs a comparison. Names and attributes
 * are kinds, ids and numbers: never what people write, nor secrets.
 */
export type Tracing = {
  /** Runs `work` in a new span, which ends when `work` does, also later; a throw or rejection marks it as failed. */
  span<T>(name: string, start: SpanStart, work: (span: OpenSpan) => T): T;
  /** The W3C `traceparent` of the current span; undefined without one, and when it is not sampled. */
  current(): string | undefined;
  /**
   * Says that these events were dealt with, together, from `startedAtMs` until now: one span for each that was written in a sampled trace, as a part of
   * that trace.
   */
  handled(name: string, records: readonly LogRecord[], startedAtMs: number, attributes: Attributes): void;
};
