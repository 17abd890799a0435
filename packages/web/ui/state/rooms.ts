import type { ListedRoom, Room } from '@kuraxx/contracts';
import { computed, effect, signal } from '@preact/signals';
import { chat, user } from './chat.ts';
import { attempt, notice } from './notice.ts';
import { type OpenRoom, openRoom } from './open-room.ts';
import { go, place } from './place.ts';

/** The person's rooms, the last opened first. */
export const rooms = signal<readonly Room[]>([]);
/** Public rooms that the person isn't in. */
export const discovered = signal<readonly ListedRoom[]>([]);

const open = new Map<string, OpenRoom>();

const endings: Record<string, string> = {
  removed: 'You were removed from this room.',
  deleted: 'This room was deleted.',
  refused: 'You are not in this room any more.',
};

const forget = (roomId: string, reason: string): void => {
  open.delete(roomId);
  rooms.value = rooms.value.filter(({ id }) => id !== roomId);
  if (endings[reason] !== undefined) notice.value = endings[reason];
  if (place.value.roomId === roomId) go();
};

/** The room, opened: its events come from now on. */
export const opened = (roomId: string): OpenRoom => {
  const known = open.get(roomId);
  if (known !== undefined) return known;
  const made = openRoom(roomId, (reason) => forget(roomId, reason));
  open.set(roomId, made);
  return made;
};

/** The room that is shown. */
export const current = computed((): { readonly listed: Room; readonly opened: OpenRoom } | undefined => {
  const listed = rooms.value.find(({ id }) => id === place.value.roomId);
  return listed === undefined ? undefined : { listed, opened: opened(listed.id) };
});

export const loadRooms = async (): Promise<void> => {
  const answer = await chat.rest.rooms.list({ query: { limit: 100 } });
  rooms.value = answer.rooms;
  for (const { id } of answer.rooms) opened(id);
};

export const discover = async (): Promise<void> => {
  const answer = await chat.rest.rooms.discover({ query: { limit: 50 } });
  discovered.value = answer.rooms;
};

export const titleOf = ({ name, id }: Pick<Room, 'name' | 'id'>): string => name || `Room ${id.slice(0, 8)}`;

/** Puts a room that the person has just created or joined into the list, and shows it. */
const enter = (room: Room): void => {
  rooms.value = [room, ...rooms.value.filter(({ id }) => id !== room.id)];
  discovered.value = discovered.value.filter(({ id }) => id !== room.id);
  opened(room.id);
  go(room.id);
};

export const createRoom = async (body: {
  name: string;
  type: 'PUBLIC' | 'PRIVATE';
  passcode?: string;
}): Promise<void> => enter((await chat.rest.rooms.create({ body })).room);

export const joinRoom = async (id: string, passcode?: string): Promise<void> =>
  enter((await chat.rest.rooms.join({ params: { id }, body: passcode ? { passcode } : {} })).room);

/** Ends the membership; an owner who is alone deletes the room by it. */
export const leaveRoom = async (id: string): Promise<void> => {
  await chat.rest.rooms.leave({ params: { id } });
  opened(id).room.close();
};

// Who signs in sees their rooms; who signs out leaves nothing behind
effect(() => {
  if (user.value !== undefined) {
    void attempt(() => Promise.all([loadRooms(), discover()]));
    return;
  }
  open.clear();
  rooms.value = [];
  discovered.value = [];
});
