import { type KnownStanding, type Operation, requireRight, standingOf } from '@kuraxx/domain';
import { Unavailable } from '@kuraxx/event-store';
import type { Api } from './api.ts';

/**
 * How the user stands to the room, as the log has it now; `absent` also when the room was deleted. With the log away
 * nobody can be removed, so then the read model is asked.
 */
export const standingIn = async (
  { commands, readModel }: Pick<Api, 'commands' | 'readModel'>,
  roomId: string,
  userId: string,
): Promise<KnownStanding | 'absent'> => {
  try {
    const room = await commands.rooms.load(roomId);
    return room.status === 'open' ? standingOf(room.members, userId) : 'absent';
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    const member = await readModel.queries.membersOf(roomId, userId);
    return standingOf(new Map(member === undefined ? [] : [[userId, member]]), userId);
  }
};

/**
 * Lets pass whom the policy allows to read. An unknown room is answered like one that the caller is not in: its ids stay
 * secret. @throws {Refusal}
 */
export const requireReader = async (
  api: Pick<Api, 'commands' | 'readModel'>,
  operation: Operation,
  roomId: string,
  userId: string,
): Promise<void> => {
  const standing = await standingIn(api, roomId, userId);
  requireRight(operation, standing === 'absent' ? 'stranger' : standing);
};
