import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { unknownUserId } from '@kuraxx/domain';
import { decodeRecord, type LogRecord } from '@kuraxx/event-store';
import { eventually } from '@kuraxx/testing';
import bcrypt from 'bcrypt';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { cli } from '../cli.fixture.ts';
import { exitCodes } from '../frame/exit-codes.ts';
import { type NewSystem, openNewSystem } from '../legacy/new-system.fixture.ts';
import { type OldDatabase, openOldDatabase, second } from '../legacy/old-database.fixture.ts';

const main = join(import.meta.dirname, '../main.ts');
let old: OldDatabase;
let system: NewSystem;
beforeEach(async () => {
  [old, system] = await Promise.all([openOldDatabase(), openNewSystem()]);
});
afterEach(async () => {
  await Promise.all([old.drop(), system.close()]);
});

const args = (...more: string[]) => ['import-legacy', '--database-url', old.url, '--json', ...more];
const run = (...more: string[]) => cli(system.env, ...args(...more));

const report = z.looseObject({
  outcome: z.string(),
  stored: z.record(z.string(), z.number()),
  found: z
    .object({ rows: z.record(z.string(), z.object({ inLog: z.number(), inRows: z.number() })).nullable() })
    .nullable(),
  problems: z.array(z.object({ table: z.string(), id: z.string(), reason: z.string() })),
});
const reportOf = (result: { json(): unknown }) => report.parse(result.json());

const roomEvents = async (roomId: string): Promise<LogRecord[]> => {
  const all: LogRecord[] = [];
  for await (const record of system.log.readRoom(roomId, { after: 0, upTo: Number.MAX_SAFE_INTEGER })) all.push(record);
  return all;
};
const eventCount = async () => {
  const heads = await Promise.all(system.log.partitions.map((partition) => system.log.head(partition)));
  return heads.reduce((sum, head) => sum + head, 0);
};

test('rows that have no place here are named, nothing is written, and the exit code says so', async () => {
  const ann = await old.user('ann');
  const shouting = await old.user('ANN', { email: 'other@example.org' });
  const twin = await old.user('twin', { email: 'Ann@Example.org' });
  const spaced = await old.user('has space');
  const unhashed = await old.user('plain', { password: 'secret' });
  const dan = await old.user('dan');
  const deserted = await old.room(ann);
  const good = await old.room(dan);
  await old.member(good, dan, { role: 'OWNER' });
  const nobodys = await old.member(good, '11111111-1111-4111-8111-111111111111');
  const stray = await old.member('22222222-2222-4222-8222-222222222222', dan);
  const lost = await old.message('22222222-2222-4222-8222-222222222222', dan, 20);
  const ghost = await old.message(good, '33333333-3333-4333-8333-333333333333', 21);
  const long = await old.message(good, dan, 22, { content: 'x'.repeat(5001) });
  const homeless = await old.message(good, dan, 25);
  await old.query('alter table messages alter "roomId" drop not null');
  await old.query(`update messages set "roomId" = null where id = '${homeless}'`);
  await old.message(good, ann, 23);
  await old.message(good, dan, 24);
  const before = await eventCount();
  for (const option of [['--dry-run'], []]) {
    const result = await run(...option);
    expect(result.code).toBe(exitCodes.unsound.code);
    expect(result.stderr).toContain('This run has written nothing.'); // an earlier one may have
    const { problems, stored } = reportOf(result);
    expect(Object.values(stored).filter((count) => count > 0)).toEqual([]);
    expect(problems.map(({ table, id }) => `${table} ${id}`).toSorted()).toEqual(
      [
        ...[ann, shouting, twin, spaced, unhashed].map((id) => `users ${id}`),
        `rooms ${deserted}`,
        ...[nobodys, stray].map((id) => `room_members ${id}`),
        ...[lost, ghost, long, homeless].map((id) => `messages ${id}`),
      ].toSorted(),
    );
    expect(problems.find(({ id }) => id === shouting)?.reason).toContain('in another case');
    expect(problems.find(({ id }) => id === deserted)?.reason).toContain('0 owners');
    expect(problems.find(({ id }) => id === homeless)?.reason).toBe('it names no room');
  }
  expect(await eventCount()).toBe(before);

  const without = await run('--leave-out', '--wait', '0');
  expect(without.code).toBe(exitCodes.unsound.code);
  expect(reportOf(without)).toMatchObject({
    outcome: 'imported',
    stored: { user: 1, room: 1, message: 1, member: 0 },
    leftOutAlong: { members: 0, messages: 1 },
  });
});

test('people, rooms and messages are shown as they were, and passwords go on working', async () => {
  system.project();
  const passwordOf = async (cost: number, prefix: string) =>
    (await bcrypt.hash('correct horse', cost)).replace(/^\$2b\$/, prefix);
  const mira = await old.user('mira', {
    password: await passwordOf(4, '$2b$'),
    displayName: 'Mira K.',
    avatarUrl: 'https://example.org/m.webp',
    updatedAt: second(5),
  });
  const tom = await old.user('tom', { password: await passwordOf(5, '$2a$'), email: 'Tom@Example.org' });
  const php = await old.user('php', { password: await passwordOf(4, '$2y$') });
  const room = await old.room(mira, {
    name: 'Crew',
    description: 'of the boat',
    topics: ['sail'],
    avatarUrl: 'https://example.org/c.webp',
    updatedAt: second(90),
  });
  const closed = await old.room(tom, { type: 'PRIVATE', passcode: await passwordOf(4, '$2a$') });
  await old.member(closed, tom, { role: 'OWNER' });
  await old.member(room, mira, { role: 'OWNER' });
  await old.member(room, tom, { role: 'ADMIN', joinedAt: second(30) });
  await old.member(room, php, { joinedAt: second(10) });
  const first = await old.message(room, mira, 20);
  // three in one millisecond: by id
  const [b, a, c] = [
    await old.message(room, mira, 25, { id: 'bbbbbbbb-0000-4000-8000-000000000000' }),
    await old.message(room, mira, 25, { id: 'aaaaaaaa-0000-4000-8000-000000000000' }),
    await old.message(room, mira, 25, { id: 'cccccccc-0000-4000-8000-000000000000', type: 'SYSTEM' }),
  ];
  const reply = await old.message(room, tom, 40, { replyToId: first, editedAt: second(50), updatedAt: second(50) });
  const gone = await old.message(room, tom, 41, { deletedAt: second(60), updatedAt: second(60) });
  const elsewhere = await old.message(closed, tom, 42, { content: 'not for the crew' });
  const leak = await old.message(room, tom, 43, { replyToId: elsewhere });
  const orphan = await old.message(room, tom, 44, { replyToId: '44444444-4444-4444-8444-444444444444' });
  await old.query(`insert into posts values ('p')`);

  const dry = await run('--dry-run');
  expect(dry.code).toBe(0);
  expect(await roomEvents(room)).toEqual([]);
  const result = await run('--wait', '30');
  expect({ code: result.code, stderr: result.stderr }).toMatchObject({ code: 0 });
  expect(reportOf(result)).toMatchObject({
    outcome: 'imported',
    problems: [],
    leftBehind: { posts: 1 },
    strayReplies: 2,
    stored: { user: 3, room: 2, member: 1, message: 9, edit: 1, deletion: 1, 'room-update': 1 },
    found: { rows: { members: { inLog: 4, inRows: 4 }, messages: { inLog: 9, inRows: 9 } } },
  });

  const { queries, commands } = system;
  expect(await queries.findRoom(room)).toMatchObject({
    name: 'Crew',
    description: 'of the boat',
    topics: ['sail'],
    avatarUrl: 'https://example.org/c.webp',
    createdById: mira,
    createdAt: second(10),
    updatedAt: second(90),
    members: [
      { userId: mira, role: 'OWNER', joinedAt: second(10) },
      { userId: php, role: 'MEMBER', joinedAt: second(10) },
      { userId: tom, role: 'ADMIN', joinedAt: second(30) },
    ].toSorted((x, y) => (x.joinedAt + x.userId < y.joinedAt + y.userId ? -1 : 1)),
  });
  expect(await queries.findUser(mira)).toMatchObject({
    displayName: 'Mira K.',
    avatarUrl: 'https://example.org/m.webp',
  });
  const { messages } = await queries.history(room, { limit: 100 });
  expect(messages.map(({ id }) => id).toReversed()).toEqual([first, a, b, c, reply, leak, orphan]);
  expect(messages.find(({ id }) => id === reply)).toMatchObject({
    content: 'message 40',
    createdAt: second(40),
    editedAt: second(50),
    updatedAt: second(50),
    replyTo: { id: first, content: 'message 20' },
  });
  for (const id of [leak, orphan]) {
    expect(messages.find((message) => message.id === id)).toMatchObject({ replyToId: null, replyTo: null });
  }
  expect((await queries.findMessage(gone))?.message).toMatchObject({ deletedAt: second(60), createdAt: second(41) });

  const records = await roomEvents(room);
  expect(records.map(({ time }) => time)).toEqual(records.map(({ time }) => time).toSorted());
  expect(records.map(decodeRecord).find(({ type }) => type === 'MessageDeleted')).toMatchObject({
    data: { by: unknownUserId },
  });

  for (const email of ['mira@example.org', 'tom@example.org', 'php@example.org']) {
    expect((await commands.accounts.login({ email, password: 'correct horse' })).account.createdAt).toBe(second(0));
    await expect(commands.accounts.login({ email, password: 'wrong' })).rejects.toThrow();
  }
  await expect(commands.rooms.join(php, closed, 'wrong')).rejects.toThrow();
  expect((await commands.rooms.join(php, closed, 'correct horse')).room).toMatchObject({ status: 'open' });
  await commands.rooms.changeRole(mira, room, tom, 'MEMBER'); // who was the owner still is

  const again = await run('--wait', '30');
  expect(again.code).toBe(0);
  expect(Object.values(reportOf(again).stored).every((count) => count === 0)).toBe(true);
  expect((await commands.accounts.login({ email: 'mira@example.org', password: 'correct horse' })).account.userId).toBe(
    mira,
  );
});

test('killed in the middle it goes on from there, and nothing comes twice', { timeout: 120_000 }, async () => {
  const count = 12_000;
  const mira = await old.user('killed');
  const rooms = [await old.room(mira), await old.room(mira), await old.room(mira)];
  for (const room of rooms) {
    await old.member(room, mira, { role: 'OWNER' });
    await old.messages(room, mira, count / rooms.length);
  }
  system.project();
  const child = spawn(process.execPath, ['--conditions=source', main, '--from-env', ...args('--wait', '0')], {
    env: { ...process.env, ...system.env },
    stdio: 'ignore',
  });
  const exited = once(child, 'exit');
  await eventually(async () => expect(await eventCount()).toBeGreaterThan(2000), { timeoutMs: 60_000 });
  child.kill('SIGKILL');
  await exited;
  expect(await eventCount()).toBeLessThan(count);

  const rest = await run('--wait', '30');
  expect({ code: rest.code, stderr: rest.stderr }).toMatchObject({ code: 0 });
  expect(reportOf(rest).found?.rows?.messages).toEqual({ inLog: count, inRows: count });
  expect(await eventCount()).toBe(1 + rooms.length + count);
  for (const room of rooms) {
    const records = (await roomEvents(room)).slice(1);
    expect(records.map(({ time }) => time)).toEqual(records.map(({ time }) => time).toSorted());
    expect(new Set(records.map(({ eventId }) => eventId)).size).toBe(count / rooms.length);
  }
});

test('a database that is none of the old system is refused, and so is one that is away', async () => {
  const other = await cli(system.env, 'import-legacy', '--database-url', system.env.DATABASE_URL, '--dry-run');
  expect(other.code).toBe(exitCodes.refused.code);
  expect(other.stderr).toContain('has no users.id');
  const away = await cli({}, 'import-legacy', '--database-url', 'postgresql://u:p@127.0.0.1:9/x', '--dry-run');
  expect(away.code).toBe(exitCodes.unavailable.code);
  expect(away.stderr).not.toContain('u:p@');
});
