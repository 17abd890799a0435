import type { RoomDetails, RoomRow, RoomUpdate } from './rows.ts';

/** How many more messages and members a room has, and when the newest of these messages was sent. */
type More = { readonly messages?: number; readonly members?: number; readonly lastMessageAt?: string };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const laterOf = (a: string | null, b: string | undefined): string | null => {
  if (b === undefined) return a;
  return a === null || a < b ? b : a;
};

/**
 * The rooms of a batch: those that are there already, of which nothing but that is known, and those that it creates. What is done to the former
 * is gathered; the latter are changed in place.
 */
export const gatherRooms = (there: ReadonlySet<string>) => {
  const created = new Map<string, Mutable<RoomRow>>();
  const updates = new Map<string, Mutable<RoomUpdate>>();
  const removed = new Set<string>();

  const updateOf = (id: string): Mutable<RoomUpdate> => {
    const known = updates.get(id);
    if (known !== undefined) return known;
    const none = { id, details: undefined, messages: 0, members: 0, lastMessageAt: null };
    updates.set(id, none);
    return none;
  };
  const isOpen = (id: string): boolean => created.has(id) || (there.has(id) && !removed.has(id));

  return {
    isOpen,
    isRemoved: (id: string): boolean => removed.has(id),
    /** Of one that isn't open. */
    create: (row: RoomRow): void => void created.set(row.id, { ...row }),
    /** Of an open room; so with `count` and `remove`. */
    change: (id: string, details: RoomDetails): void => {
      const row = created.get(id);
      if (row === undefined) updateOf(id).details = details;
      else Object.assign(row, details);
    },
    count: (id: string, { messages = 0, members = 0, lastMessageAt }: More): void => {
      const row = created.get(id);
      if (row !== undefined) {
        row.messageCount += messages;
        row.memberCount += members;
        row.lastMessageAt = laterOf(row.lastMessageAt, lastMessageAt);
        return;
      }
      const update = updateOf(id);
      update.messages += messages;
      update.members += members;
      update.lastMessageAt = laterOf(update.lastMessageAt, lastMessageAt);
    },
    remove: (id: string): void => {
      created.delete(id);
      updates.delete(id);
      removed.add(id);
    },
    removed: (): readonly string[] => [...removed],
    created: (): readonly RoomRow[] => [...created.values()],
    updated: (): readonly RoomUpdate[] => [...updates.values()],
  };
};
