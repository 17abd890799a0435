import { randomUUID } from 'node:crypto';
import { detailedRoom, listedRoom, member, message as messageShape, publicUser } from '@kuraxx/contracts';
import { type ChatEvent, nameless, noticeText } from '@kuraxx/domain';
import { freshDatabase } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  at,
  created,
  deleted,
  edited,
  epoch,
  joined,
  registered,
  sent,
  snapshot,
  stored,
  story,
} from '../events.fixture.ts';
import { migrateReadModel } from '../migrate.ts';
import { openReadModel, type ReadModel } from '../read-model.ts';
import { firstSchema } from '../schema.ts';

const ann = randomUUID();
const bob = randomUUID();
const cid = randomUUID();
const crew = randomUUID();
const den = randomUUID();
const other = randomUUID();
const ids = Array.from({ length: 7 }, () => randomUUID());
const id = (index: number): string => ids[index] ?? '';
const all = { page: 1, limit: 20 };

let model: ReadModel;
let drop: () => Promise<void>;
beforeAll(async () => {
  const fresh = await freshDatabase();
  await Promise.all([migrateReadModel(fresh.url), migrateReadModel(fresh.url), migrateReadModel(fresh.url)]);
  model = await openReadModel({ databaseUrl: fresh.url });
  drop = async () => {
    await model.close();
    await fresh.drop();
  };
  const accounts = story(
    [registered(ann, 'Ann_B'), registered(bob, 'bobby'), registered(cid, 'annotator')],
    'accounts',
  );
  await model.projectionInto(firstSchema).apply('accounts', epoch, accounts, 3);
  // five messages in the same millisecond, one of them deleted, one edited, the last a reply to the deleted one
  const five = [0, 1, 2, 3, 4].map((n) => snapshot(id(n), crew, n === 3 ? other : ann, 100));
  const [, second, third, , fifth] = five;
  if (second === undefined || third === undefined || fifth === undefined) throw new Error('five messages');
  const events = story([
    created(crew, ann, { ms: 0, others: [bob] }),
    created(den, bob, { ms: 5, type: 'PRIVATE' }),
    ...five.slice(0, 4).map(sent),
    deleted(second, 150),
    edited(third, 'changed', 160),
    sent({ ...fifth, replyToId: id(1) }),
    sent(snapshot(id(5), den, bob, 50)),
  ]);
  await model.projectionInto(firstSchema).apply(0, epoch, events, events.length);
});
afterAll(() => drop());

test('a room has its members in the order of joining and all counts', async () => {
  const room = await model.queries.findRoom(crew);
  expect(
    detailedRoom.extend({ members: member.extend({ id: publicUser.shape.username }).array() }).parse(room),
  ).toEqual(room);
  expect(room).toMatchObject({
    topics: ['sail', '{"odd", \\}'],
    _count: { messages: 5, members: 2, posts: 0, resources: 0 },
  });
  expect(room?.members.map(({ userId, role, user }) => [userId, role, user.username])).toEqual(
    [
      [ann, 'OWNER', 'Ann_B'],
      [bob, 'MEMBER', 'bobby'],
    ].toSorted(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)),
  );
  expect(await model.queries.findRoom(randomUUID())).toBeUndefined();
});

test('the rooms of a user come with the last updated first, also past the end with the total', async () => {
  const { rooms, total } = await model.queries.listRooms(bob, all);
  expect(rooms.map((room) => room.id)).toEqual([den, crew]);
  expect(rooms[1]?._count).toEqual({ messages: 5, members: 2 });
  expect(Object.keys(listedRoom.shape)).toEqual(Object.keys(rooms[0] ?? {}));
  expect(total).toBe(2);
  expect(await model.queries.listRooms(bob, { page: 9, limit: 20 })).toEqual({ rooms: [], total: 2 });
});

test('public rooms of others can be discovered, private and own ones not', async () => {
  expect((await model.queries.discoverRooms(cid, all)).rooms.map((room) => room.id)).toEqual([crew]);
  expect(await model.queries.discoverRooms(ann, all)).toEqual({ rooms: [], total: 0 });
});

test('members are paged, and found one by one', async () => {
  const { members, total } = await model.queries.listMembers(crew, { page: 2, limit: 1 });
  expect([members.length, total]).toEqual([1, 2]);
  expect(await model.queries.membersOf(crew, bob)).toMatchObject({ role: 'MEMBER', user: { username: 'bobby' } });
  expect(await model.queries.membersOf(crew, cid)).toBeUndefined();
  expect(await model.queries.roomsOf([bob, cid])).toEqual(
    new Map([
      [bob, expect.arrayContaining([crew, den])],
      [cid, []],
    ]),
  );
});

test('messages of one millisecond are neither lost nor doubled between pages', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await model.queries.history(crew, { limit: 1, cursor });
    seen.push(...page.messages.map((message) => message.id));
    expect(page.hasMore).toBe(page.nextCursor !== null);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual([id(4), id(3), id(2), id(0)]);
});

test('a deleted cursor works; an unknown one and one of another room give the first page', async () => {
  const idsAfter = async (cursor: string) =>
    (await model.queries.history(crew, { limit: 2, cursor })).messages.map((message) => message.id);
  expect(await idsAfter(id(1))).toEqual([id(0)]);
  expect(await idsAfter(randomUUID())).toEqual([id(4), id(3)]);
  expect(await idsAfter(id(5))).toEqual([id(4), id(3)]);
});

test('history before a time', async () => {
  expect((await model.queries.history(crew, { limit: 5, before: at(100) })).messages).toEqual([]);
  expect((await model.queries.history(crew, { limit: 5, before: at(101) })).messages).toHaveLength(4);
  expect((await model.queries.history(crew, { limit: 5, cursor: id(2), before: at(0) })).messages).toHaveLength(1);
});

test('a message has the shape of the contract; the reply is as it is now; a sender without a row goes by the id', async () => {
  const { messages } = await model.queries.history(crew, { limit: 50 });
  for (const message of messages) expect(messageShape.parse(message)).toEqual(message);
  expect(messages[0]?.replyTo).toMatchObject({ id: id(1), deletedAt: at(150), content: `text of ${id(1)}` });
  expect(messages[0]?.sender).toMatchObject({ id: ann, username: 'Ann_B', displayName: 'Ann_B shown' });
  expect(messages[1]?.sender).toMatchObject({ id: other, username: other, displayName: other });
  expect(messages[2]).toMatchObject({ content: 'changed', editedAt: at(160) });
});

test('a deleted message is found by id, with its content and position', async () => {
  const found = await model.queries.findMessage(id(1));
  expect(found).toMatchObject({
    message: { deletedAt: at(150), content: `text of ${id(1)}` },
    position: { epoch, partition: 0, sequence: 4 },
  });
  expect(await model.queries.findMessage(randomUUID())).toBeUndefined();
  const several = await model.queries.findMessages([id(0), id(5), randomUUID()]);
  expect(several.get(id(5))).toMatchObject({ snapshot: { roomId: den }, position: { sequence: 10 } });
  expect(several.size).toBe(2);
});

test('users are found by any part of a name in any case, and LIKE characters stand for themselves', async () => {
  const names = async (text: string, without = '') =>
    (await model.queries.searchUsers(text, without, all)).users.map((user) => user.username);
  expect(await names('ANN')).toEqual(expect.arrayContaining(['Ann_B', 'annotator']));
  expect(await names('ann', ann)).toEqual(['annotator']);
  expect(await names('_')).toEqual(['Ann_B']);
  expect(await names('%')).toEqual([]);
  expect(await names('\\')).toEqual([]);
  expect(await names('BY SHOWN')).toEqual(['bobby']);
  expect(await model.queries.searchUsers('ann', '', { page: 5, limit: 20 })).toEqual({ users: [], total: 2 });
});

test('presence shows with the user; an older change never overwrites a newer one', async () => {
  await model.presence.set([
    { userId: cid, isOnline: true, lastSeenAt: null, at: at(1) },
    { userId: cid, isOnline: false, lastSeenAt: at(2), at: at(2) },
    { userId: bob, isOnline: true, lastSeenAt: null, at: at(5) },
  ]);
  await model.presence.set([{ userId: bob, isOnline: false, lastSeenAt: at(4), at: at(4) }]);
  expect(await model.queries.findUser(cid)).toMatchObject({ isOnline: false, lastSeenAt: at(2) });
  expect(await model.presence.online()).toEqual([bob]);
  await model.presence.set([{ userId: cid, isOnline: true, lastSeenAt: null, at: at(3) }]);
  expect(await model.queries.findUser(cid)).toMatchObject({ isOnline: true, lastSeenAt: at(2) });
  expect(await model.queries.findUser(randomUUID())).toBeUndefined();
  expect((await model.queries.findUsers([ann, bob])).size).toBe(2);
});

test('stats count everything', async () => {
  expect(await model.queries.stats()).toEqual({
    onlineUsers: expect.any(Number),
    totalUsers: 3,
    activeRooms: 2,
    totalRooms: 2,
    messagesToday: 6,
    messagesTotal: 6,
  });
});

test('a member whose account is not projected yet goes by the id', async () => {
  const stranger = randomUUID();
  await model
    .projectionInto(firstSchema)
    .apply(1, epoch, story([created(randomUUID(), stranger), joined(other, cid, 1)], 1), 2);
  const { rooms } = await model.queries.listRooms(stranger, all);
  expect(rooms[0]?.members[0]?.user).toEqual({
    id: stranger,
    username: stranger,
    displayName: stranger,
    avatarUrl: null,
    isOnline: false,
    lastSeenAt: null,
  });
});

test('a deleted account is nowhere to be found; its messages stay under a sender without a name', async () => {
  const [dan, danRoom, line] = [randomUUID(), randomUUID(), randomUUID()];
  const before = await model.queries.stats();
  const deletion: ChatEvent = { type: 'AccountDeleted', data: { userId: dan, at: at(90) } };
  await model
    .projectionInto(firstSchema)
    .apply('accounts', epoch, [stored(registered(dan, 'Danger'), 4, 'accounts')], 4);
  const events = story(
    [created(danRoom, ann, { others: [bob] }), joined(danRoom, dan, 1), sent(snapshot(line, danRoom, dan, 2))],
    2,
  );
  await model.projectionInto(firstSchema).apply(2, epoch, events, events.length);
  await model.presence.set([{ userId: dan, isOnline: true, lastSeenAt: at(1), at: at(1) }]);
  expect(await model.queries.stats()).toMatchObject({ totalUsers: before.totalUsers + 1 });

  await model.projectionInto(firstSchema).apply('accounts', epoch, [stored(deletion, 5, 'accounts')], 5);
  expect(await model.queries.findUser(dan)).toBeUndefined();
  expect(await model.queries.searchUsers('dange', '', all)).toEqual({ users: [], total: 0 });
  expect(await model.queries.searchUsers('deleted', '', all)).toEqual({ users: [], total: 0 });
  expect(await model.queries.stats()).toMatchObject({ totalUsers: before.totalUsers });
  const { messages } = await model.queries.history(danRoom, { limit: 9 });
  const sender = { id: dan, ...nameless, isOnline: false, lastSeenAt: null };
  expect(messages.map((message) => [message.content, message.sender])).toEqual([
    [`text of ${line}`, sender],
    [noticeText(nameless.displayName, 'joined'), sender],
  ]);
  expect(publicUser.parse(sender)).toEqual(sender);
});
