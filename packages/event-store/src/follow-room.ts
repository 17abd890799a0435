import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from 'nats';
import type { ConnectionState, Reach } from './connection.ts';
import { createGate } from './gate.ts';
import { type LiveRecord, subscribeLive } from './live.ts';
import type { OwnData } from './own-data.ts';
import type { EventLog, LogRecord } from './ports.ts';
import { type Aspect, aspectOf, aspects, findRoomStart } from './room-start.ts';
import type { StreamReader } from './stream-reader.ts';
import { roomFilter } from './subjects.ts';

/** What comes live during a repair waits here; past the bound it is let go and read from the stream instead. */
const maxWaiting = 10_000;
const repairPauseMs = 200;
/** After an outage all rooms of a process are repaired: all at once they would run into the server's time limits. */
const repairsAtOnce = 64;

type Needs = {
  readonly nats: NatsConnection;
  readonly state: ConnectionState;
  readonly reach: Reach;
  readonly reader: StreamReader;
  readonly roomPartitions: number;
  readonly ownData: Pick<OwnData, 'has'>;
  readonly log: Pick<EventLog, 'head' | 'epochOf' | 'lastSequence' | 'partitionOf'>;
};

/**
 * Follows one room: live while no subject's chain of sequences has a hole, from the stream where one has or where the
 * connection was away. Either way the listener gets every event once.
 */
export const createFollowRoom = ({
  nats,
  state,
  reach,
  reader,
  roomPartitions,
  ownData,
  log,
}: Needs): EventLog['followRoom'] => {
  const inTurn = createGate(repairsAtOnce);
  return async (roomId, listener) => {
    const filter = roomFilter(roomId, roomPartitions);
    const partition = log.partitionOf(roomId);
    /** The last one that was delivered of each subject: what `previousSequence` has to be. */
    const lasts: Record<Aspect, number> = { meta: 0, msg: 0, edit: 0 };
    let newest = 0;
    let waiting: LiveRecord[] | undefined = []; // set: live events wait
    let overflowed = false;
    let stopped = false;
    let repairing: 'no' | 'yes' | 'again' = 'no';

    const deliver = (record: LogRecord): void => {
      const { sequence } = record.position;
      const aspect = aspectOf({ record });
      if (stopped || sequence <= lasts[aspect]) return;
      lasts[aspect] = sequence;
      newest = Math.max(newest, sequence);
      listener(record);
    };
    const onLive = (live: LiveRecord): void => {
      if (waiting === undefined && live.previousSequence > lasts[aspectOf(live)]) {
        waiting = [live];
        void repair(lasts[aspectOf(live)]);
      } else if (waiting === undefined) deliver(live.record);
      else if (waiting.length < maxWaiting) waiting.push(live);
      else overflowed = true;
    };
    const release = (): void => {
      const came = waiting ?? [];
      waiting = undefined;
      for (const live of came) onLive(live);
    };

    /** Reads what is missing behind `after`, as often as somebody asked for it meanwhile, then lets live events through. */
    const repair = async (after: number): Promise<void> => {
      waiting ??= [];
      if (repairing !== 'no') {
        repairing = 'again';
        return;
      }
      let from = after;
      do {
        repairing = 'yes';
        if (overflowed) waiting = waiting.filter((live) => live.record.position.sequence > lasts[aspectOf(live)]);
        overflowed = false;
        try {
          await inTurn(async () => {
            if (stopped || !state.connected) return;
            for await (const record of reader.read(partition, filter, from, Number.MAX_SAFE_INTEGER)) {
              if (stopped) return;
              if (record.subject.kind === 'room') deliver(record);
            }
            from = newest;
          });
        } catch {
          repairing = 'again'; // the log is away; what is missing is read when it is back
          await delay(repairPauseMs);
        }
      } while (!stopped && (repairing === 'again' || overflowed) && state.connected);
      repairing = 'no';
      if (state.connected) release(); // otherwise its return starts the next repair
    };

    const unsubscribe = subscribeLive(nats, log.epochOf, ownData, filter, onLive);
    let started = false;
    const forget = state.onChange((change) => {
      waiting ??= [];
      if (change !== 'lost' && started) void repair(newest);
    });
    const stop = (): void => {
      stopped = true;
      forget();
      unsubscribe();
    };
    try {
      await reach(`follow room ${roomId}`, () => nats.flush());
      const start = await findRoomStart(nats, log, roomId, () => waiting ?? []);
      for (const aspect of aspects) lasts[aspect] = start.lasts[aspect];
      newest = start.from;
      started = true;
      // not before the caller has the feed in hand; read once, in case the connection was away during the look-ups
      setImmediate(() => void repair(start.from));
      return { from: start.from, lastMessage: start.lasts.msg, lastEdit: start.lasts.edit, stop };
    } catch (error) {
      stop();
      throw error;
    }
  };
};
