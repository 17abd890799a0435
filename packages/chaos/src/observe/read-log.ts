import { chatEventSchema, type EventType, wireTypes } from '@kuraxx/domain';
import { jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from 'nats';
import type { LogEvent } from '../check/log-event.ts';

// Read by itself, message by message, and not with the event store: that is under test as well.

const atOnce = 64;

const typeOf = (wireType: string): EventType | undefined => {
  for (const [type, { name, version }] of Object.entries(wireTypes)) {
    if (wireType === `${name}.v${version}` && isType(type)) return type;
  }
  return undefined;
};
const isType = (type: string): type is EventType => Object.hasOwn(wireTypes, type);

/** @throws {Error} for what this build can't read: a run writes only its own events */
const eventOf = (partition: string, epoch: string, stored: StoredMsg): LogEvent => {
  const header = (name: string): string => stored.header.get(name);
  const type = typeOf(header('ce-type'));
  if (type === undefined) throw new Error(`an event of an unknown type in the log: ${header('ce-type')}`);
  return {
    position: `${epoch}.${partition}.${stored.seq}`,
    partition,
    sequence: stored.seq,
    eventId: header('ce-id'),
    time: Date.parse(header('ce-time')),
    via: header('kuraxx-via') === '' ? undefined : header('kuraxx-via'),
    event: chatEventSchema.parse({ type, data: stored.json() }),
  };
};

export type LogReader = {
  /** Everything in the log now; what was read before is not read again. */
  read(): Promise<readonly LogEvent[]>;
  /** Last sequence of each partition that the last `read` saw. */
  readonly heads: ReadonlyMap<string, number>;
};

/** Reads the streams of the log directly. */
export const createLogReader = async (nats: NatsConnection): Promise<LogReader> => {
  const manager = await jetstreamManager(nats);
  const events: LogEvent[] = [];
  const heads = new Map<string, number>();

  const readStream = async (name: string): Promise<void> => {
    const { config, state } = await manager.streams.info(name);
    const partition = name === 'KURAXX_ACCOUNTS' ? 'accounts' : name.slice('KURAXX_ROOMS_'.length);
    const epoch = /epoch=([a-z0-9]+)/.exec(config.description ?? '')?.[1] ?? '';
    let from = (heads.get(partition) ?? 0) + 1;
    while (from <= state.last_seq) {
      const sequences = Array.from({ length: Math.min(atOnce, state.last_seq - from + 1) }, (_, index) => from + index);
      const messages = await Promise.all(sequences.map((seq) => manager.direct.getMessage(name, { seq })));
      for (const message of messages) if (message !== null) events.push(eventOf(partition, epoch, message));
      from += sequences.length;
      heads.set(partition, from - 1);
    }
    heads.set(partition, state.last_seq);
  };

  return {
    heads,
    read: async () => {
      for await (const { config } of manager.streams.list()) {
        if (/^KURAXX_(ACCOUNTS|ROOMS_\d+)$/.test(config.name)) await readStream(config.name);
      }
      return events;
    },
  };
};
