import { Refusal } from '@kuraxx/domain';
import { Unavailable } from '@kuraxx/event-store';
import type { Api } from './api.ts';

/**
 * Whether the user is in the room, as the log has it now; `absent` also when the room was deleted. With the log away
 * nobody can be removed, so then the read model is asked.
 */
export const membershipOf = async (
  { commands, readModel }: Pick<Api, 'commands' | 'readModel'>,
  roomId: string,
  userId: string,
): Promise<'member' | 'stranger' | 'absent'> => {
  try {
    const room = await commands.rooms.load(roomId);
    if (room.status !== 'open') return 'absent';
    return room.members.has(userId) ? 'member' : 'stranger';
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return (await readModel.queries.membersOf(roomId, userId)) === undefined ? 'stranger' : 'member';
  }
};

/** Lets members pass. An unknown room is answered like one that the caller is not in: its ids stay secret. @throws {Refusal} */
export const requireMember = async (
  api: Pick<Api, 'commands' | 'readModel'>,
  roomId: string,
  userId: string,
): Promise<void> => {
  if ((await membershipOf(api, roomId, userId)) !== 'member') throw new Refusal('ROOM_ACCESS_DENIED');
};
