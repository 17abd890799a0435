import { randomUUID } from 'node:crypto';
import { eventually } from '@kuraxx/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SignedIn } from '../index.ts';
import { collect, outcomes, startSystem, type TestProcess, type TestSystem } from '../system.fixture.ts';
import { uuidV7 } from '../uuid-v7.fixture.ts';

/** The log forgets at once what it has seen; `later` is a process whose clock is ten minutes ahead. */
let system: TestSystem;
let later: TestProcess;
let owner: SignedIn;
let roomId: string;
const tenMinutesMs = 600_000;

beforeAll(async () => {
  system = await startSystem();
  await system.forgetDuplicates();
  later = await system.another({ aheadMs: tenMinutesMs });
});
afterAll(async () => {
  await later?.close();
  await system?.close();
});
beforeEach(async () => {
  owner = await system.register();
  roomId = await system.room(owner);
});
let resume = (): void => undefined;
afterEach(() => {
  system.setReadModelAway(false);
  resume();
});

const once = (tempId: string) =>
  ({ senderId: owner.account.userId, roomId, content: 'once', type: 'TEXT', tempId }) as const;
const send = ({ commands }: TestProcess, tempId: string, more: { via?: 'ws'; content?: string } = {}) =>
  commands.messages.send({ ...once(tempId), ...more });
const stored = async () => (await collect(system.log.readSubject({ kind: 'room', roomId, aspect: 'msg' }))).length;
/** Until the log knows nothing any more of what was sent before this: of a mark, to begin with, that comes after it. */
const forgotten = async (): Promise<void> => {
  const mark = { type: 'MessageDeleted', data: { messageId: 'mark', roomId, by: '', at: '' } } as const;
  const eventId = randomUUID();
  const isKnown = async () =>
    (await system.log.append({ kind: 'room', roomId, aspect: 'edit' }, mark, { eventId })).duplicate;
  expect(await isKnown()).toBe(false);
  await eventually(async () => !(await isKnown()), { intervalMs: 50 });
};

const kinds = [
  ['a UUIDv7', () => uuidV7(Date.now())],
  ['any text', () => randomUUID()],
] as const;

test.each(kinds)('ten minutes later %s gives the same message, whose content is the first one', async (_, make) => {
  const tempId = make();
  const first = await send(system, tempId);
  await forgotten();
  const again = await send(later, tempId, { via: 'ws', content: 'twice' });
  expect(again).toMatchObject({ duplicate: true, position: first.position, message: { id: first.message.id } });
  expect(again.message.content).toBe('once');
  expect(await stored()).toBe(1);
});

test.each(kinds)('so it does while the read model is behind: %s', async (_, make) => {
  resume = system.pauseReadModel();
  const tempId = make();
  const others = [await send(system, make()), await send(system, make())];
  const first = await send(system, tempId);
  others.push(await send(system, make()));
  await forgotten();
  const again = await send(later, tempId);
  expect(again).toMatchObject({ duplicate: true, position: first.position, message: first.message });
  expect(await stored()).toBe(others.length + 1);
});

test.each(kinds)('so it does while the read model is away: %s', async (_, make) => {
  const tempId = make();
  const first = await send(system, tempId);
  await forgotten();
  system.setReadModelAway(true);
  expect(await send(later, tempId)).toMatchObject({ duplicate: true, position: first.position });
  expect((await send(later, make())).duplicate).toBe(false);
  expect(await stored()).toBe(2);
});

test('so it does in processes that have just started and heard of no checkpoint', async () => {
  const tempId = randomUUID();
  const first = await send(system, tempId);
  await forgotten();
  const started = await system.another({ aheadMs: tenMinutesMs });
  expect(await send(started, tempId)).toMatchObject({ duplicate: true, position: first.position });
  await started.close();
  expect(await stored()).toBe(1);
});

test.each(kinds)('a repeated answer to what was deleted meanwhile is the first one: %s', async (_, make) => {
  const { message } = await send(system, make());
  const tempId = make();
  const answer = { ...once(tempId), replyToId: message.id };
  const first = await system.commands.messages.send(answer);
  await system.commands.messages.remove(owner.account.userId, message.id);
  expect(await system.commands.messages.send(answer)).toMatchObject({ duplicate: true, position: first.position });
  expect(await outcomes([system.commands.messages.send({ ...answer, tempId: make() })])).toEqual(['VALIDATION_ERROR']);
  expect(await stored()).toBe(2);
});

test('what is new is sent while the read model is behind or away', async () => {
  await send(system, randomUUID());
  resume = system.pauseReadModel();
  expect((await send(later, randomUUID())).duplicate).toBe(false);
  system.setReadModelAway(true);
  expect((await send(later, randomUUID())).duplicate).toBe(false);
  expect((await send(later, uuidV7(Date.now()))).duplicate).toBe(false);
  expect(await stored()).toBe(4);
});

test('of parallel sends through two processes, by REST and WebSocket, one is stored; all answer with it', async () => {
  const two = await startSystem();
  const other = await two.another();
  [owner, roomId] = [await two.register(), ''];
  roomId = await two.room(owner);
  for (const [, make] of kinds) {
    const tempId = make();
    const attempts = Array.from({ length: 20 }, (_, index) =>
      send(index % 2 === 0 ? two : other, tempId, index % 3 === 0 ? { via: 'ws' } : {}),
    );
    const sent = await Promise.all(attempts);
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1);
    expect(sent.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  }
  expect(await collect(two.log.readSubject({ kind: 'room', roomId, aspect: 'msg' }))).toHaveLength(kinds.length);

  // every process gone, the server killed: what was stored is still known
  const tempId = uuidV7(Date.now());
  const first = await send(two, tempId);
  await other.close();
  await two.server.kill();
  await two.server.restart();
  const reborn = await two.another();
  const again = await send(reborn, tempId).catch(() => send(reborn, tempId));
  expect(again).toMatchObject({ duplicate: true, position: first.position });
  expect(await outcomes([send(reborn, tempId), send(reborn, tempId)])).toEqual(['done', 'done']);
  expect(await collect(reborn.log.readSubject({ kind: 'room', roomId, aspect: 'msg' }))).toHaveLength(kinds.length + 1);
  await reborn.close();
  await two.close();
});
