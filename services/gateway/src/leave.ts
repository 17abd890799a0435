import type { Session } from './session.ts';
import type { Typing } from './typing.ts';

/** Takes a socket out of a room that it has joined; silently. @returns whether it was in it */
export const detach = (session: Session, roomId: string, typing: Typing): boolean => {
  const joined = session.rooms.get(roomId);
  if (joined === undefined) return false;
  typing.clear(session, roomId);
  session.rooms.delete(roomId);
  joined.channel.audience.remove(session);
  joined.share.release();
  return true;
};

/** Takes a socket out of a room, or stops it on its way into it; at once and silently. @returns whether it was in it */
export const leaveRoom = (session: Session, roomId: string, typing: Typing): boolean => {
  session.entering.delete(roomId);
  return detach(session, roomId, typing);
};

/** Takes a socket out of all its rooms. */
export const leaveAllRooms = (session: Session, typing: Typing): void => {
  session.entering.clear();
  for (const roomId of session.rooms.keys()) detach(session, roomId, typing);
};
