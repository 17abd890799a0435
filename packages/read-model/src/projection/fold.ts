import { nameless, namelessNotice } from '@kuraxx/domain';
import type { Change } from './changes.ts';
import { gatherRooms } from './gather-rooms.ts';
import type { FileRow, MemberRow, MessageRow, RoomRow, RoomUpdate, UserRow } from './rows.ts';

/** The rows that a batch may touch, as they are, and of rooms that they are there: whatever is not here doesn't exist. */
export type Rows = {
  readonly users: ReadonlyMap<string, UserRow>;
  readonly files: ReadonlyMap<string, FileRow>;
  readonly rooms: ReadonlySet<string>;
  /** By `memberKey`. */
  readonly members: ReadonlyMap<string, MemberRow>;
  readonly messages: ReadonlyMap<string, MessageRow>;
  readonly deletedRooms: ReadonlySet<string>;
  /** Of the senders of SYSTEM messages: those whose account was deleted. */
  readonly erased: ReadonlySet<string>;
};

/** What is to be written: rooms that go with all that is in them, and rows as they are to be. No row is in two of these lists. */
export type Delta = {
  readonly removedRooms: readonly string[];
  readonly users: readonly UserRow[];
  readonly removedFiles: readonly FileRow[];
  readonly files: readonly FileRow[];
  /** Those that were not there, and those that were; so with messages. */
  readonly newRooms: readonly RoomRow[];
  readonly rooms: readonly RoomUpdate[];
  readonly removedMembers: readonly MemberRow[];
  readonly members: readonly MemberRow[];
  readonly newMessages: readonly MessageRow[];
  readonly messages: readonly MessageRow[];
  /** Users whose stored SYSTEM messages are to lose the name. */
  readonly namesToHide: readonly string[];
};

export const memberKey = (roomId: string, userId: string): string => `${roomId}/${userId}`;

/** Rows that are there, over which the changed ones lie. `undefined`: removed. */
const layer = <T extends object>(below: ReadonlyMap<string, T>) => {
  const changed = new Map<string, T | undefined>();
  const get = (key: string) => (changed.has(key) ? changed.get(key) : below.get(key));
  return {
    get,
    put: (key: string, row: T) => void changed.set(key, row),
    change: (key: string, to: Partial<T>) => {
      const row = get(key);
      if (row !== undefined) changed.set(key, { ...row, ...to });
    },
    remove: (key: string) => void changed.set(key, undefined),
    written: () => [...changed.values()].filter((row) => row !== undefined),
    removed: () => [...changed].flatMap(([key, row]) => (row === undefined ? (below.get(key) ?? []) : [])),
  };
};

const withoutErasedName = (row: MessageRow, erased: ReadonlySet<string>): MessageRow =>
  row.type === 'SYSTEM' && erased.has(row.senderId) ? { ...row, content: namelessNotice(row.content) } : row;

/**
 * Applies changes one after the other to the rows that are there. Pure, and the only place that knows what a later state makes void:
 * - a room that isn't open (never created, or deleted) changes no more, and what is deleted stays deleted;
 * - a message with a known id is the same message: ignored and not counted;
 * - an edit of a deleted message is ignored;
 * - a SYSTEM message of somebody whose account was deleted is stored without the name, whichever came first.
 */
export const fold = (there: Rows, changes: Iterable<Change>): Delta => {
  const users = layer(there.users);
  const files = layer(there.files);
  const rooms = gatherRooms(there.rooms);
  const members = layer(there.members);
  const messages = layer(there.messages);
  const namesToHide = new Set<string>();

  const applyToOpenRoom = (change: Extract<Change, { roomId: string }>): void => {
    const { roomId } = change;
    switch (change.kind) {
      case 'changeRoom':
        return rooms.change(roomId, change.to);
      case 'removeRoom':
        return rooms.remove(roomId);
      case 'addMember': {
        const key = memberKey(roomId, change.row.userId);
        if (members.get(key) !== undefined) return;
        members.put(key, change.row);
        return rooms.count(roomId, { members: 1 });
      }
      case 'changeMember':
        return members.change(memberKey(roomId, change.userId), change.to);
      case 'removeMember': {
        const key = memberKey(roomId, change.userId);
        if (members.get(key) === undefined) return;
        members.remove(key);
        return rooms.count(roomId, { members: -1 });
      }
      case 'addMessage': {
        if (messages.get(change.row.id) !== undefined) return;
        messages.put(change.row.id, withoutErasedName(change.row, there.erased));
        return rooms.count(roomId, { messages: 1, lastMessageAt: change.row.createdAt });
      }
      case 'editMessage':
        if (messages.get(change.id)?.deletedAt === null) messages.change(change.id, change.to);
        return;
      case 'deleteMessage':
        if (messages.get(change.id)?.deletedAt !== null) return;
        return messages.change(change.id, { deletedAt: change.at, updatedAt: change.at });
    }
  };

  for (const change of changes) {
    if (change.kind === 'addUser') {
      if (users.get(change.row.id) === undefined) users.put(change.row.id, change.row);
    } else if (change.kind === 'changeUser') {
      users.change(change.id, change.to);
    } else if (change.kind === 'addFile') {
      if (files.get(change.row.id) === undefined) files.put(change.row.id, change.row);
    } else if (change.kind === 'changeFile') {
      files.change(change.id, change.to);
    } else if (change.kind === 'removeFile') {
      files.remove(change.id);
    } else if (change.kind === 'eraseUser') {
      users.change(change.id, { ...nameless, updatedAt: change.at, deletedAt: change.at });
      namesToHide.add(change.id);
    } else if (change.kind === 'addRoom') {
      const { id } = change.row;
      const isKnown = rooms.isOpen(id) || rooms.isRemoved(id) || there.deletedRooms.has(id);
      if (!isKnown) rooms.create(change.row);
    } else if (rooms.isOpen(change.roomId)) applyToOpenRoom(change);
  }

  const stillThere = ({ roomId }: { readonly roomId: string }) => !rooms.isRemoved(roomId);
  return {
    removedRooms: rooms.removed(),
    users: users.written(),
    removedFiles: files.removed(),
    files: files.written(),
    newRooms: rooms.created(),
    rooms: rooms.updated(),
    removedMembers: members.removed().filter(stillThere),
    members: members.written().filter(stillThere),
    newMessages: messages.written().filter((row) => stillThere(row) && !there.messages.has(row.id)),
    messages: messages.written().filter((row) => stillThere(row) && there.messages.has(row.id)),
    namesToHide: [...namesToHide],
  };
};
