import type { NatsConnection } from 'nats';
import { Unavailable } from './errors.ts';
import type { LiveRecord } from './live.ts';
import type { EventLog } from './ports.ts';

export const aspects = ['meta', 'msg', 'edit'] as const;
export type Aspect = (typeof aspects)[number];

export const aspectOf = ({ record: { subject } }: Pick<LiveRecord, 'record'>): Aspect =>
  subject.kind === 'room' ? subject.aspect : 'meta';

export type RoomStart = { readonly from: number; readonly lasts: Readonly<Record<Aspect, number>> };

const settleTimeoutMs = 5000;

/**
 * The head of a room's partition and the last sequence of each of the room's subjects as of that head, exactly.
 *
 * In a busy room the last one has often moved past the head by the time it is looked up. What it was at the head is then
 * told by the first live event past the head, which names the one before it.
 *
 * @param early what has come live so far, from a subscription that was active before the call; it grows meanwhile
 * @throws {Unavailable}
 */
export const findRoomStart = async (
  nats: Pick<NatsConnection, 'flush'>,
  log: Pick<EventLog, 'head' | 'lastSequence' | 'partitionOf'>,
  roomId: string,
  early: () => readonly LiveRecord[],
): Promise<RoomStart> => {
  const from = await log.head(log.partitionOf(roomId));
  const lookUp = (aspect: Aspect) => log.lastSequence({ kind: 'room', roomId, aspect });
  const [meta, msg, edit] = await Promise.all([lookUp('meta'), lookUp('msg'), lookUp('edit')]);
  const lasts = { meta, msg, edit };
  const deadline = Date.now() + settleTimeoutMs;
  for (;;) {
    for (const aspect of aspects) {
      if (lasts[aspect] <= from) continue;
      const first = early().find((live) => aspectOf(live) === aspect && live.record.position.sequence > from);
      if (first !== undefined) lasts[aspect] = first.previousSequence;
    }
    if (aspects.every((aspect) => lasts[aspect] <= from)) return { from, lasts };
    if (Date.now() > deadline) throw new Unavailable(`follow room ${roomId}: live events don't come`);
    await nats.flush(); // what was on its way has come after it, or comes after the next one
  }
};
