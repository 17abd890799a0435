import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from 'nats';
import { type ConnectionState, reaching } from './connection.ts';
import { type LiveRecord, subscribeLive } from './live.ts';
import type { EventLog, LogRecord } from './ports.ts';
import { partitionOfRoom } from './position.ts';
import type { StreamReader } from './stream-reader.ts';
import { roomFilter } from './subjects.ts';

/** What comes live during a repair waits here; past the bound it is let go and read from the stream instead. */
const maxWaiting = 10_000;
const repairPauseMs = 200;

type Needs = {
  readonly nats: NatsConnection;
  readonly state: ConnectionState;
  readonly reader: StreamReader;
  readonly roomPartitions: number;
  readonly log: Pick<EventLog, 'head' | 'epochOf' | 'lastSequence'>;
};

/**
 * Follows one room: live while the chain of sequences has no hole, from the stream where it has one or where the
 * connection was away. Either way the listener gets every event once, in order.
 */
export const createFollowRoom =
  ({ nats, state, reader, roomPartitions, log }: Needs): EventLog['followRoom'] =>
  async (roomId, listener) => {
    const filter = roomFilter(roomId, roomPartitions);
    const partition = partitionOfRoom(roomId, roomPartitions);
    /** Last known sequence of each of the room's subjects: what `previousSequence` has to be. */
    const lastOf = new Map<string, number>();
    let delivered = 0;
    let waiting: LiveRecord[] | undefined = []; // set: live events wait
    let overflowed = false;
    let stopped = false;
    let repairs: Promise<void> = Promise.resolve();

    const aspectOf = ({ subject }: LogRecord): string => (subject.kind === 'room' ? subject.aspect : '');
    const deliver = (record: LogRecord): void => {
      const { sequence } = record.position;
      if (stopped || sequence <= delivered) return;
      delivered = sequence;
      lastOf.set(aspectOf(record), sequence);
      listener(record);
    };
    const onLive = (live: LiveRecord): void => {
      if (waiting !== undefined) {
        if (waiting.length < maxWaiting) waiting.push(live);
        else overflowed = true;
        return;
      }
      const isWhole =
        live.previousSequence <= (lastOf.get(aspectOf(live.record)) ?? 0) || live.previousSequence <= delivered;
      if (isWhole) deliver(live.record);
      else {
        waiting = [live];
        repair();
      }
    };

    const repairOnce = async (): Promise<void> => {
      overflowed = false;
      waiting ??= [];
      const head = await log.head(partition);
      for await (const record of reader.read(partition, filter, delivered, head)) deliver(record);
      delivered = Math.max(delivered, head);
    };
    const repair = (): void => {
      waiting ??= [];
      repairs = repairs.then(async () => {
        while (!stopped) {
          try {
            await state.whenConnected(60_000);
            await repairOnce();
            if (!overflowed) break;
          } catch {
            await delay(repairPauseMs); // the log is away; what is missing is read when it is back
          }
        }
        const came = waiting ?? [];
        waiting = undefined;
        for (const live of came) onLive(live);
      });
    };

    const unsubscribe = subscribeLive(nats, log.epochOf, filter, onLive);
    const forget = state.onChange((change) => (change === 'lost' ? (waiting ??= []) : repair()));
    const stop = (): void => {
      stopped = true;
      forget();
      unsubscribe();
    };
    try {
      await reaching(`follow room ${roomId}`, () => nats.flush());
      const [head, lastMessage, lastEdit, lastMeta] = await Promise.all([
        log.head(partition),
        log.lastSequence({ kind: 'room', roomId, aspect: 'msg' }),
        log.lastSequence({ kind: 'room', roomId, aspect: 'edit' }),
        log.lastSequence({ kind: 'room', roomId, aspect: 'meta' }),
      ]);
      const from = Math.max(head, lastMessage, lastEdit, lastMeta);
      // between the look-ups more may have been stored: the lasts must be those at `from`
      const early = waiting ?? [];
      const lastAt = (aspect: string, known: number): number =>
        Math.max(
          known,
          ...early.flatMap(({ record }) => {
            const { sequence } = record.position;
            return aspectOf(record) === aspect && sequence <= from ? [sequence] : [];
          }),
        );
      const feed = { from, lastMessage: lastAt('msg', lastMessage), lastEdit: lastAt('edit', lastEdit), stop };
      lastOf.set('msg', feed.lastMessage).set('edit', feed.lastEdit).set('meta', lastAt('meta', lastMeta));
      delivered = from;
      waiting = undefined;
      // the listener's owner must have the feed in hand before the first call
      queueMicrotask(() => early.forEach(onLive));
      return feed;
    } catch (error) {
      stop();
      throw error;
    }
  };
