import { type ChatEvent, nameless, noticeText } from '@kuraxx/domain';
import { expect, test } from 'vitest';
import {
  at,
  created,
  deleted,
  edited,
  fileDeleted,
  filePurged,
  fileUsed,
  joined,
  left,
  registered,
  sent,
  snapshot,
  story,
  uploaded,
  uploadStarted,
} from '../events.fixture.ts';
import { changesOf } from './changes.ts';
import { fold, memberKey, type Rows } from './fold.ts';

const nothing: Rows = {
  users: new Map(),
  files: new Map(),
  rooms: new Set(),
  members: new Map(),
  messages: new Map(),
  erased: new Set(),
  deletedRooms: new Set(),
};
const rowsAfter = (...events: ChatEvent[]) => {
  const delta = fold(nothing, story(events).flatMap(changesOf));
  return {
    ...delta,
    rooms: delta.newRooms,
    messages: [...delta.newMessages, ...delta.messages],
  };
};
const hello = snapshot('m1', 'r1', 'ann', 10);
const room = created('r1', 'ann', { others: ['bob'] });
const gone: ChatEvent = { type: 'RoomDeleted', data: { roomId: 'r1', by: 'ann', at: at(50) } };

test('a file goes from announced to stored, used and deleted, and is no row any more when its bytes are gone', () => {
  const started = uploadStarted('f1', 'ann', 1);
  expect(rowsAfter(started).files).toMatchObject([{ id: 'f1', userId: 'ann', status: 'expected', changedAt: at(1) }]);
  const stored = [started, uploaded('f1', 'ann', 2)];
  expect(rowsAfter(...stored).files).toMatchObject([{ status: 'stored', useKind: null, changedAt: at(2) }]);
  const used = [...stored, fileUsed('f1', 'ann', { kind: 'message', roomId: 'r1', messageId: 'm1' }, 3)];
  expect(rowsAfter(...used).files).toMatchObject([
    { useKind: 'message', roomId: 'r1', messageId: 'm1', createdAt: at(1), changedAt: at(3) },
  ]);
  const over = [...used, fileDeleted('f1', 'ann', 4)];
  expect(rowsAfter(...over).files).toMatchObject([{ status: 'deleted', changedAt: at(4) }]);
  expect(rowsAfter(...over, filePurged('f1', 'ann', 5)).files).toEqual([]);
});

test('a room is created with its members, the creator as owner', () => {
  const { rooms, members } = rowsAfter(room);
  expect(rooms).toMatchObject([{ id: 'r1', memberCount: 2, messageCount: 0, updatedAt: at(0) }]);
  expect(members.map(({ userId, role }) => [userId, role])).toEqual([
    ['ann', 'OWNER'],
    ['bob', 'MEMBER'],
  ]);
});

test('a message counts, is remembered as the last one, and does not touch updatedAt', () => {
  const { rooms, messages } = rowsAfter(room, sent(hello));
  expect(rooms).toMatchObject([{ messageCount: 1, lastMessageAt: at(10), updatedAt: at(0) }]);
  expect(messages).toMatchObject([{ id: 'm1', sequence: 2, content: 'text of m1' }]);
});

test('a message with a known id is ignored and not counted', () => {
  const { rooms, messages } = rowsAfter(room, sent(hello), sent({ ...hello, content: 'again' }));
  expect(rooms).toMatchObject([{ messageCount: 1 }]);
  expect(messages).toMatchObject([{ content: 'text of m1', sequence: 2 }]);
});

test('a deleted message keeps its content and stays deleted whatever comes later', () => {
  const { messages, rooms } = rowsAfter(
    room,
    sent(hello),
    deleted(hello, 20),
    edited(hello, 'x', 30),
    deleted(hello, 40),
    sent(hello),
  );
  expect(messages).toMatchObject([{ content: 'text of m1', editedAt: null, deletedAt: at(20), updatedAt: at(20) }]);
  expect(rooms).toMatchObject([{ messageCount: 1 }]);
});

test('joining and leaving write their SYSTEM messages', () => {
  const { messages, members, rooms } = rowsAfter(room, joined('r1', 'cid', 1), left('r1', 'bob', 2));
  expect(messages.map(({ type, senderId }) => [type, senderId])).toEqual([
    ['SYSTEM', 'cid'],
    ['SYSTEM', 'bob'],
  ]);
  expect(members.map(({ userId }) => userId)).toEqual(['ann', 'cid']);
  expect(rooms).toMatchObject([{ memberCount: 2, messageCount: 2 }]);
});

test('a deleted room goes with all that is in it, and nothing brings it back', () => {
  const delta = rowsAfter(room, sent(hello), gone, sent(snapshot('m2', 'r1', 'ann')), joined('r1', 'cid', 60), room);
  expect(delta).toEqual({
    removedRooms: ['r1'],
    users: [],
    removedFiles: [],
    files: [],
    newRooms: [],
    rooms: [],
    removedMembers: [],
    members: [],
    newMessages: [],
    messages: [],
    namesToHide: [],
  });
});

test('a room with a tombstone is not created again', () => {
  const delta = fold({ ...nothing, deletedRooms: new Set(['r1']) }, story([room]).flatMap(changesOf));
  expect(delta).toMatchObject({ newRooms: [], rooms: [] });
});

test('an update of a room touches updatedAt and leaves its topics', () => {
  const update: ChatEvent = {
    type: 'RoomUpdated',
    data: { roomId: 'r1', name: 'new', description: 'd', avatarUrl: 'https://a.example/b', by: 'ann', at: at(9) },
  };
  expect(rowsAfter(room, update).rooms).toMatchObject([
    { name: 'new', updatedAt: at(9), topics: ['sail', '{"odd", \\}'] },
  ]);
});

test('of a room that is there the details are as they are to be, and the counters go on from where they are', () => {
  const events = [
    sent(hello),
    joined('r1', 'cid', 20),
    left('r1', 'bob', 15),
    {
      type: 'RoomUpdated',
      data: { roomId: 'r1', name: 'new', description: null, avatarUrl: null, by: 'ann', at: at(9) },
    },
  ] satisfies ChatEvent[];
  const bob = { id: 'b', roomId: 'r1', userId: 'bob', role: 'MEMBER', joinedAt: at(0) } as const;
  const there = { ...nothing, rooms: new Set(['r1', 'r2']), members: new Map([[memberKey('r1', 'bob'), bob]]) };
  const { rooms, newRooms } = fold(there, story(events).flatMap(changesOf));
  expect(newRooms).toEqual([]);
  const details = { name: 'new', description: null, avatarUrl: null, updatedAt: at(9) };
  expect(rooms).toEqual([{ id: 'r1', details, messages: 3, members: 0, lastMessageAt: at(20) }]);
});

test('ownership moves in one step', () => {
  const transfer: ChatEvent = {
    type: 'OwnershipTransferred',
    data: { roomId: 'r1', fromUserId: 'ann', toUserId: 'bob', at: at(3) },
  };
  expect(rowsAfter(room, transfer).members.map(({ userId, role }) => [userId, role])).toEqual([
    ['ann', 'ADMIN'],
    ['bob', 'OWNER'],
  ]);
});

test('a profile changes, the username and the time of registration stay', () => {
  const profile: ChatEvent = {
    type: 'ProfileUpdated',
    data: { userId: 'ann', displayName: 'Ann B.', avatarUrl: null, at: at(7) },
  };
  expect(rowsAfter(registered('ann'), profile).users).toEqual([
    {
      id: 'ann',
      username: 'ann',
      displayName: 'Ann B.',
      avatarUrl: null,
      createdAt: at(0),
      updatedAt: at(7),
      deletedAt: null,
    },
  ]);
});

const erased = (userId: string): ChatEvent => ({ type: 'AccountDeleted', data: { userId, at: at(9) } });

test('a deleted account keeps its row without the names, for good', () => {
  const profile: ChatEvent = {
    type: 'ProfileUpdated',
    data: { userId: 'ann', displayName: 'Ann B.', avatarUrl: 'https://example.org/a.png', at: at(7) },
  };
  const { users, namesToHide } = rowsAfter(registered('ann'), profile, erased('ann'));
  expect(users).toEqual([{ id: 'ann', ...nameless, createdAt: at(0), updatedAt: at(9), deletedAt: at(9) }]);
  expect(namesToHide).toEqual(['ann']);
});

test('a SYSTEM message of a deleted account is stored without the name, what they wrote as it was', () => {
  const there = { ...nothing, erased: new Set(['cid']) };
  const events = [room, joined('r1', 'cid', 1), sent(snapshot('m1', 'r1', 'cid')), left('r1', 'cid', 2)];
  const { newMessages: messages } = fold(there, story(events).flatMap(changesOf));
  const { displayName } = nameless;
  expect(messages.map(({ content }) => content)).toEqual([
    noticeText(displayName, 'joined'),
    'text of m1',
    noticeText(displayName, 'left'),
  ]);
});
