import type { LogEvent } from './log-event.ts';
import type { RoomLog } from './room-log.ts';
import type { Violation } from './violation.ts';

type State = {
  readonly members: Set<string>;
  /** Who sent what; deleted ones are not in it. */
  readonly messages: Map<string, string>;
  status: 'absent' | 'open' | 'deleted';
};

/** @returns why the event can't stand where it does */
const apply = (state: State, { event }: LogEvent): string | undefined => {
  const { members, messages } = state;
  if (event.type === 'RoomCreated') {
    if (state.status !== 'absent') return 'a room was created twice';
    state.status = 'open';
    for (const { userId } of event.data.members) members.add(userId);
  } else if (event.type === 'MemberAdded' || event.type === 'MemberJoined') {
    const { userId } = event.data;
    if (event.type === 'MemberJoined') messages.set(event.data.message.id, userId);
    if (state.status !== 'open') return 'somebody came into a room that is not open';
    if (members.has(userId)) return 'somebody came in who was in already';
    members.add(userId);
  } else if (event.type === 'MemberRemoved' || event.type === 'MemberLeft') {
    const { userId } = event.data;
    if (event.type === 'MemberLeft') messages.set(event.data.message.id, userId);
    if (!members.delete(userId)) return 'somebody went who was not in';
  } else if (event.type === 'RoomDeleted') {
    if (state.status !== 'open') return 'a room was deleted that is not open';
    state.status = 'deleted';
    members.clear();
  } else if (event.type === 'MessageSent') {
    messages.set(event.data.message.id, event.data.message.senderId);
  } else if (event.type === 'MessageEdited') {
    const { id, senderId } = event.data.message;
    if (!messages.has(id)) return 'an edit of a message that is deleted or was never there';
    if (messages.get(id) !== senderId) return 'an edit changed the sender of a message';
  } else if (event.type === 'MessageDeleted' && !messages.delete(event.data.messageId)) {
    return 'a deletion of a message that is deleted or was never there';
  }
  return undefined;
};

/** Rule `legal`: each event of a room was allowed after those before it. */
export const checkLegal = (room: RoomLog): Violation[] => {
  const state: State = { members: new Set(), messages: new Map(), status: 'absent' };
  return room.events.flatMap((event): Violation[] => {
    const what = apply(state, event);
    return what === undefined ? [] : [{ rule: 'legal', what, evidence: [event] }];
  });
};
