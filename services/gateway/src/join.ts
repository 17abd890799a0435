import { Refusal } from '@kuraxx/domain';
import { publishRoomSignal } from '@kuraxx/signals';
import { leaveRoom } from './leave.ts';
import type { Needs } from './needs.ts';
import { ReplayStopped, replay } from './replay.ts';
import type { RoomChannel } from './room-channel.ts';
import { encodeError, encodeFrame } from './server-frame.ts';
import type { Identity, Session } from './session.ts';
import { within } from './within.ts';

type JoinRequest = {
  readonly roomId: string;
  readonly since: string | undefined;
  readonly requestId: string | undefined;
};

const notInRoom = (): Refusal => new Refusal('ROOM_ACCESS_DENIED', 'You are not a member of this room');

const requireMember = async (userId: string, roomId: string, timeoutMs: number, needs: Needs): Promise<void> => {
  const room = await within(needs.commands.rooms.load(roomId), timeoutMs, 'load the room');
  if (room.status !== 'open' || !room.members.has(userId)) throw notInRoom();
};

const tellOthers = (identity: Identity, roomId: string, needs: Needs): void => {
  if (!needs.natsState.isConnected()) return; // a notice, not a fact: it is not kept for later
  publishRoomSignal(needs.nats, { type: 'room:join', roomId, userId: identity.userId, username: identity.username });
};

/**
 * `room:join`: what was missed since a position (where one is named), then the answer, then live, without gap or double.
 * Joining again answers again; with `since` it also replays again.
 *
 * @throws {Refusal} when the user is no member @throws {Unavailable}
 */
export const joinRoom = async (
  session: Session,
  identity: Identity,
  request: JoinRequest,
  remainingMs: number,
  needs: Needs,
): Promise<void> => {
  const { roomId, since, requestId } = request;
  const answer = (channel: RoomChannel, reset: boolean): void => {
    const position = channel.position();
    session.send(encodeFrame('room:join', { roomId, success: true, position, ...(reset ? { reset } : {}) }, requestId));
    tellOthers(identity, roomId, needs);
  };

  const joined = session.rooms.get(roomId);
  if (joined !== undefined && since === undefined) return answer(joined.channel, false);
  if (joined === undefined && session.rooms.size >= needs.limits.maxRoomsPerSocket) {
    return session.send(encodeError('RATE_LIMITED', 'This socket is in too many rooms', requestId));
  }

  await requireMember(identity.userId, roomId, remainingMs, needs);
  const share = needs.channels.acquire(roomId);
  let isAttached = false;
  try {
    const channel = await within(share.ready, remainingMs, 'follow the room');
    leaveRoom(session, roomId, needs.typing); // joined before: the replay takes over from the live feed
    const attach = (): void => {
      if (session.closed) throw new ReplayStopped();
      if (!channel.isMember(identity.userId)) throw notInRoom(); // removed in the meantime
      channel.audience.add(session, identity.userId);
      session.rooms.set(roomId, { channel, release: () => share.release() });
      isAttached = true;
    };
    const isHonoured = since === undefined || (await replay(session, identity.userId, channel, since, needs, attach));
    if (!isAttached) attach();
    needs.userRooms.joined(identity.userId, roomId);
    answer(channel, !isHonoured);
  } catch (error) {
    if (!(error instanceof ReplayStopped)) throw error;
    if (!session.closed) throw notInRoom();
  } finally {
    if (!isAttached) share.release();
  }
};
