import { type ChatEvent, isFramed } from '@kuraxx/domain';
import { decodeRecord, type EventLog } from '@kuraxx/event-store';
import { membershipChangeOf } from './membership-change.ts';

/** Who is in a room, exact as of the last event that was applied. */
export type Membership = {
  has(userId: string): boolean;
  apply(event: ChatEvent): void;
};

const createMembership = (): Membership => {
  const members = new Set<string>();
  return {
    has: (userId) => members.has(userId),
    apply(event) {
      const { joined, left, isOver } = membershipChangeOf(event);
      if (isOver) members.clear();
      for (const userId of joined) members.add(userId);
      for (const userId of left) members.delete(userId);
    },
  };
};

export type RoomFacts = {
  readonly membership: Membership;
  /** Sequence of the last event that is in `membership`. */
  readonly appliedTo: number;
  /** Sequence of the last framed `meta` event up to `from`, 0 without one. */
  readonly lastFramedMeta: number;
};

/**
 * Reads a room's membership from the log. Not from a cache: a cache may lag behind the live feed, and then somebody
 * who was removed a moment ago would be let in.
 *
 * @throws {Unavailable}
 * @throws {UnreadableEvent} when who is in it can't be known
 */
export const readRoomFacts = async (log: EventLog, roomId: string, from: number): Promise<RoomFacts> => {
  const membership = createMembership();
  let appliedTo = 0;
  let lastFramedMeta = 0;
  for await (const record of log.readSubject({ kind: 'room', roomId, aspect: 'meta' })) {
    const { sequence } = record.position;
    const event = decodeRecord(record);
    appliedTo = sequence;
    membership.apply(event);
    if (isFramed(event.type) && sequence <= from) lastFramedMeta = sequence;
  }
  return { membership, appliedTo, lastFramedMeta };
};
