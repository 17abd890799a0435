import { Refusal, type RefusalCode } from '../refusal.ts';
import { type OpenRoom, type Room, requireOpenRoom } from '../room/room.ts';
import { type Operation, verdictOf } from './policy.ts';
import { type KnownStanding, type Standing, standingOf } from './standing.ts';

/** What members are told where "only … may do this" would not say enough. */
const reasons: Partial<Record<Operation, string>> = {
  'room.leave': 'The owner must hand the room over before leaving',
  'room.remove.owner': 'The owner cannot be removed',
  'room.remove.self': 'The owner must hand the room over before leaving',
  'room.changeRole.owner': 'The owner stays owner until the room is handed over',
  'message.edit.other': 'Only the sender may edit a message',
  'message.edit.system': 'Nobody may edit what the system said',
  'message.delete.other': 'Only the sender, the owner or an admin may delete a message',
};

const titles = [
  ['owner', 'the owner'],
  ['admin', 'admins'],
  ['member', 'members'],
] as const satisfies readonly (readonly [Standing, string])[];

const onlyThose = (operation: Operation): string => {
  const may = titles.flatMap(([standing, title]) => (verdictOf(operation, standing) === 'allowed' ? [title] : []));
  return `Only ${may.join(' and ')} may do this`;
};

const reasonOf = (operation: Operation, standing: KnownStanding, code: RefusalCode): string => {
  if (code === 'RESOURCE_EXISTS') return 'Already a member of this room';
  if (code === 'ROOM_NOT_FOUND') return 'This user is not a member of this room';
  if (operation === 'room.join.withoutPasscode') return 'This room needs the right passcode';
  if (standing === 'stranger') return 'You are not a member of this room';
  return reasons[operation] ?? onlyThose(operation);
};

/**
 * Lets pass whom the policy allows it.
 *
 * @throws {Refusal} with the policy's code and a reason
 * @throws {Error} for what the policy calls `nothing` or `impossible`: to ask for that is a bug of the caller
 */
export const requireRight = (operation: Operation, standing: KnownStanding): void => {
  const verdict = verdictOf(operation, standing);
  if (verdict === 'allowed') return;
  if (verdict === 'nothing' || verdict === 'impossible')
    throw new Error(`${operation}: ${verdict} for the ${standing}`);
  throw new Refusal(verdict, reasonOf(operation, standing, verdict));
};

/**
 * The room, for somebody who may do this in it as it is now.
 *
 * @throws {Refusal} ROOM_NOT_FOUND without a room, else by the policy
 */
export const authorise = (room: Room, userId: string, operation: Operation): OpenRoom => {
  const open = requireOpenRoom(room);
  requireRight(operation, standingOf(open.members, userId));
  return open;
};
