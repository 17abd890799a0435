import type { Session } from './session.ts';
import type { Typing } from './typing.ts';

/** Takes a socket out of a room, at once and silently. @returns whether it was in it */
export const leaveRoom = (session: Session, roomId: string, typing: Typing): boolean => {
  const joined = session.rooms.get(roomId);
  if (joined === undefined) return false;
  typing.clear(session, roomId);
  session.rooms.delete(roomId);
  joined.channel.audience.remove(session);
  joined.release();
  return true;
};

/** Takes a socket out of all its rooms. */
export const leaveAllRooms = (session: Session, typing: Typing): void => {
  for (const roomId of Array.from(session.rooms.keys())) leaveRoom(session, roomId, typing);
};
