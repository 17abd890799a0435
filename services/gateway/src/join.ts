import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '@kuraxx/domain';
import { parsePosition, Unavailable } from '@kuraxx/event-store';
import { publishRoomSignal } from '@kuraxx/signals';
import type { ChannelShare } from './channels.ts';
import { detach } from './leave.ts';
import type { Needs } from './needs.ts';
import { ReplayStopped, replay } from './replay.ts';
import type { RoomChannel } from './room-channel.ts';
import { encodeFrame } from './server-frame.ts';
import type { Entering, Identity, Session } from './session.ts';
import { within } from './within.ts';

const feedPauseMs = 10;

/** The socket is in as many rooms as it may. */
export class TooManyRooms extends Error {
  constructor() {
    super('This socket is in too many rooms');
    this.name = 'TooManyRooms';
  }
}

const notInRoom = (): Refusal => new Refusal('ROOM_ACCESS_DENIED', 'You are not a member of this room');

const requireMember = async (userId: string, roomId: string, timeoutMs: number, needs: Needs): Promise<void> => {
  const room = await within(needs.loadRoom(roomId), timeoutMs, 'load the room');
  if (room.status !== 'open' || !room.members.has(userId)) throw notInRoom();
};

/** Who was added elsewhere a moment ago is a member before the room's feed has brought it here; and may be removed again before it does. */
const untilMemberHere = async (
  channel: RoomChannel,
  userId: string,
  timeoutMs: number,
  needs: Needs,
): Promise<void> => {
  const deadlineMs = Date.now() + timeoutMs;
  while (!channel.isMember(userId)) {
    if (Date.now() > deadlineMs) throw new Unavailable('the live feed is behind');
    await delay(feedPauseMs);
    await requireMember(userId, channel.roomId, timeoutMs, needs);
  }
};

const answer = (
  session: Session,
  channel: RoomChannel,
  more: { readonly reset: boolean; readonly requestId?: string | undefined },
): void => {
  const payload = {
    roomId: channel.roomId,
    success: true,
    position: channel.position(),
    ...(more.reset ? { reset: true } : {}),
  };
  channel.audience.flush(); // the position says that it has been sent
  session.send(encodeFrame('room:join', payload, more.requestId));
};

/**
 * Takes a socket into a room: what was missed since a position (where one is named), then the `room:join` answer, then live, without gap or
 * double. Entering again answers again; with `since` it also replays again.
 *
 * @returns false when the socket was closed, left the room or began to enter it anew meanwhile
 * @throws {Refusal} when the user is no member @throws {TooManyRooms} @throws {Unavailable}
 */
export const enterRoom = async (
  session: Session,
  identity: Identity,
  request: { readonly roomId: string; readonly since: string | undefined; readonly requestId?: string | undefined },
  remainingMs: number,
  needs: Needs,
): Promise<boolean> => {
  const { roomId, since, requestId } = request;
  const { userId } = identity;
  const joined = session.rooms.get(roomId);
  if (joined !== undefined && since === undefined) {
    answer(session, joined.channel, { reset: false, requestId });
    return true;
  }
  if (joined === undefined && session.rooms.size + session.entering.size >= needs.limits.maxRoomsPerSocket)
    throw new TooManyRooms();

  const { promise: over, resolve: isOver } = Promise.withResolvers<void>();
  const entry: Entering = { over };
  session.entering.set(roomId, entry);
  const isWanted = (): boolean => !session.closed && session.entering.get(roomId) === entry;
  let held: ChannelShare | undefined;
  try {
    await requireMember(userId, roomId, remainingMs, needs);
    const share = needs.channels.acquire(roomId);
    held = share;
    const channel = await within(share.ready, remainingMs, 'follow the room');
    await untilMemberHere(channel, userId, remainingMs, needs);
    if (!isWanted()) return false;
    detach(session, roomId, needs.typing); // joined before: the replay takes over from the live feed
    const attach = (reset: boolean): void => {
      channel.audience.add(session, userId);
      const from = reset || since === undefined ? undefined : parsePosition(since)?.sequence;
      session.rooms.set(channel.roomId, { channel, share, lastSent: 0, since: from });
      held = undefined; // it is the joined room's now
      answer(session, channel, { reset, requestId });
    };
    const isEntitled = (): boolean => isWanted() && channel.isMember(userId);
    const reader = { session, channel, isEntitled, caughtUp: () => attach(false) };
    if (since === undefined) attach(false);
    else if (!(await replay(reader, since, needs))) {
      if (!isEntitled()) throw new ReplayStopped();
      needs.counts.resumes.reset += 1;
      attach(true);
    }
    needs.userRooms.joined(userId, roomId);
    return true;
  } catch (error) {
    if (!isWanted()) return false;
    throw error instanceof ReplayStopped ? notInRoom() : error; // removed in the meantime
  } finally {
    if (session.entering.get(roomId) === entry) session.entering.delete(roomId);
    isOver();
    held?.release();
  }
};

/** `room:join`: enters and tells the others. @throws as `enterRoom` */
export const joinRoom = async (
  session: Session,
  identity: Identity,
  request: { readonly roomId: string; readonly since: string | undefined; readonly requestId: string | undefined },
  remainingMs: number,
  needs: Needs,
): Promise<void> => {
  if (!(await enterRoom(session, identity, request, remainingMs, needs))) return;
  const { roomId } = request;
  const { userId, username } = identity;
  // A notice, not a fact: it is not kept for later.
  if (needs.natsState.isConnected()) publishRoomSignal(needs.nats, { type: 'room:join', roomId, userId, username });
};
