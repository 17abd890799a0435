import type { EventLog } from '@kuraxx/event-store';
import type { Tracing } from './tracing.ts';

/** The same log; each append is a span, and the event carries on the trace. The log itself, where tracing is off. */
export const traceAppends = (log: EventLog, tracing: Tracing | undefined): EventLog =>
  tracing === undefined
    ? log
    : {
        ...log,
        append: (subject, event, options) =>
          tracing.span(`append ${event.type}`, { kind: 'producer' }, async (span) => {
            const appended = await log.append(subject, event, { ...options, traceparent: tracing.current() });
            const { partition, sequence } = appended.position;
            span.set({
              'messaging.system': 'nats',
              'kuraxx.partition': partition,
              'kuraxx.sequence': sequence,
              'kuraxx.duplicate': appended.duplicate,
            });
            return appended;
          }),
      };
