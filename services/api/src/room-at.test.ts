import { randomUUID } from 'node:crypto';
import { roomAt } from '@kuraxx/contracts';
import { type ChatEvent, type MessageSnapshot, nameless, newMessage } from '@kuraxx/domain';
import { type EventLog, formatPosition, memoryEventLog, type Position } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { createRoomsAt } from './room-at.ts';

const roomId = randomUUID();
const [ann, bob] = [randomUUID(), randomUUID()];
const at = '2031-02-03T04:05:06.789Z';

const messageOf = (senderId: string, content: string, replyTo: MessageSnapshot | null = null): MessageSnapshot => {
  const sender = {
    id: senderId,
    username: 'mira',
    displayName: 'Mira',
    avatarUrl: null,
    isOnline: true,
    lastSeenAt: null,
  };
  return newMessage({ messageId: randomUUID(), roomId, content, type: 'TEXT', sender, replyTo, at });
};

/** A room of Ann's into which Bob came, with messages; and what the read model says of them now. */
const openRoom = async (
  isDeleted?: (userId: string) => Promise<boolean>,
  through = (log: EventLog): EventLog => log,
) => {
  const memory = memoryEventLog({ roomPartitions: 1 });
  let heads = 0;
  const head: typeof memory.head = (partition) => {
    heads++;
    return memory.head(partition);
  };
  const log = { ...memory, head };
  const now = new Map<string, MessageSnapshot>();
  const gone = new Set<string>();
  const append = async (aspect: 'meta' | 'msg' | 'edit', event: ChatEvent): Promise<Position> =>
    (await log.append({ kind: 'room', roomId, aspect }, event)).position;
  const send = async (message: MessageSnapshot): Promise<Position> => {
    now.set(message.id, message);
    return append('msg', { type: 'MessageSent', data: { message } });
  };
  await append('meta', {
    type: 'RoomCreated',
    data: {
      roomId,
      name: 'Crew',
      description: null,
      type: 'PUBLIC',
      topics: [],
      hasPasscode: false,
      createdById: ann,
      at,
      members: [{ membershipId: randomUUID(), userId: ann, role: 'OWNER' }],
    },
  });
  const roomsAt = createRoomsAt({
    log: through(log),
    findMessages: async (ids) =>
      new Map(
        ids.flatMap((id) => {
          const snapshot = now.get(id);
          return snapshot === undefined
            ? []
            : [[id, { snapshot, position: { epoch: 'memory', partition: 0, sequence: 1 } }] as const];
        }),
      ),
    isDeletedAccount: isDeleted ?? (async (userId) => gone.has(userId)),
  });
  return { append, send, now, gone, roomsAt, headsAsked: () => heads };
};

test('a room is shown as it was at a position and at a time, in the shape of the contract', async () => {
  const { append, send, roomsAt } = await openRoom();
  const first = messageOf(ann, 'first');
  const then = await send(first);
  await append('meta', {
    type: 'MemberAdded',
    data: { roomId, membershipId: randomUUID(), userId: bob, role: 'ADMIN', by: ann, at },
  });
  await append('edit', { type: 'MessageEdited', data: { message: { ...first, content: 'edited', editedAt: at } } });
  const past = roomAt.parse(await roomsAt.read(roomId, { position: formatPosition(then), limit: 10 }));
  expect(past).toMatchObject({ position: formatPosition(then), room: { name: 'Crew' }, before: null });
  expect(past.members.map(({ userId, role }) => [userId, role])).toEqual([[ann, 'OWNER']]);
  expect(past.messages).toMatchObject([{ id: first.id, content: 'first' }]);
  const now = roomAt.parse(await roomsAt.read(roomId, { time: '2999-01-01T00:00:00Z', limit: 10 }));
  expect(now.members.map(({ userId, role }) => [userId, role])).toEqual([
    [ann, 'OWNER'],
    [bob, 'ADMIN'],
  ]);
  expect(now.messages).toMatchObject([{ content: 'edited', editedAt: at }]);
  const never = roomAt.parse(await roomsAt.read(roomId, { time: '2000-01-01T00:00:00Z', limit: 10 }));
  expect(never).toMatchObject({ room: null, members: [], messages: [] });
});

test('what was deleted since, or is not known any more, is not shown again, nor are names that are gone', async () => {
  const { send, now, gone, roomsAt } = await openRoom();
  const [secret, unknown] = [messageOf(ann, 'secret'), messageOf(ann, 'unknown')];
  await send(secret);
  await send(unknown);
  await send(messageOf(bob, 'answer', secret));
  now.set(secret.id, { ...secret, deletedAt: at });
  now.delete(unknown.id);
  gone.add(bob);
  const { messages } = await roomsAt.read(roomId, { time: '2999-01-01T00:00:00Z', limit: 10 });
  expect(messages.map(({ content }) => content)).toEqual(['answer', '', '']);
  expect(messages[0]).toMatchObject({ replyTo: { id: secret.id, content: '' }, sender: nameless });
  expect(JSON.stringify(messages)).not.toMatch(/secret|unknown/);
});

test('older messages come page by page; a position of elsewhere is refused', async () => {
  const { send, roomsAt } = await openRoom();
  for (const content of ['a', 'b', 'c']) await send(messageOf(ann, content));
  const time = '2999-01-01T00:00:00Z';
  const newest = await roomsAt.read(roomId, { time, limit: 2 });
  expect(newest.messages.map(({ content }) => content)).toEqual(['c', 'b']);
  const older = await roomsAt.read(roomId, { time, limit: 2, before: newest.before ?? '' });
  expect(older).toMatchObject({ messages: [{ content: 'a' }], before: null });
  for (const position of ['other.0.1', 'memory.accounts.1']) {
    await expect(roomsAt.read(roomId, { position, limit: 2 })).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
  }
});

test('the end of the log is asked for where it counts, and the accounts of a page all at once', async () => {
  const { promise: allAsked, resolve } = Promise.withResolvers<void>();
  const askedFor = new Set<string>();
  const { send, roomsAt, headsAsked } = await openRoom(async (userId) => {
    if (askedFor.add(userId).size === 2) resolve();
    await allAsked;
    return userId === bob;
  });
  await send(messageOf(ann, 'a'));
  const last = await send(messageOf(bob, 'b'));
  const { messages } = await roomsAt.read(roomId, { time: '2999-01-01T00:00:00Z', limit: 2 });
  expect(messages.map(({ sender }) => sender.username)).toEqual([nameless.username, 'mira']);
  expect(headsAsked()).toBe(0);
  await roomsAt.read(roomId, { position: formatPosition(last), limit: 2 });
  expect(headsAsked()).toBe(1);
});

test('reading to find a time and reading on from there are bounded together', async () => {
  const events = 150_000;
  /** One edit of long ago, as if it had happened so often. */
  const repeating = (log: EventLog): EventLog => ({
    ...log,
    head: async () => events,
    readRoom: async function* (room, { after, upTo }) {
      for await (const record of log.readRoom(room, { after: 1, upTo: 2 })) {
        for (let sequence = Math.max(2, after + 1); sequence <= Math.min(upTo, events); sequence++) {
          yield { ...record, position: { ...record.position, sequence } };
        }
      }
    },
  });
  const { append, roomsAt } = await openRoom(undefined, repeating);
  const position = await append('edit', { type: 'MessageEdited', data: { message: messageOf(ann, 'x') } });
  const last = formatPosition({ ...position, sequence: events });
  expect((await roomsAt.read(roomId, { position: last, limit: 10 })).position).toBe(last);
  await expect(roomsAt.read(roomId, { time: '2999-01-01T00:00:00Z', limit: 10 })).rejects.toThrow('Too much');
});
