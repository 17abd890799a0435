import { randomUUID } from 'node:crypto';

import { decodeRecord } from '@kuraxx/event-store';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SignedIn } from '../index.ts';
import { collect, outcomes, startSystem, type TestSystem } from '../system.fixture.ts';
import { uuidV7 } from '../uuid-v7.fixture.ts';

let system: TestSystem;
let owner: SignedIn;
let guest: SignedIn;
let roomId: string;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.close());
beforeEach(async () => {
  system.setReadModelAway(false);
  [owner, guest] = await Promise.all([system.register(), system.register()]);
  roomId = await system.room(owner, { members: [guest] });
});

const send = (who: SignedIn, content: string, more: { replyToId?: string; tempId?: string; roomId?: string } = {}) =>
  system.commands.messages.send({ senderId: who.account.userId, roomId, content, type: 'TEXT', ...more });
const edit = (who: SignedIn, id: string, content: string) =>
  system.commands.messages.edit(who.account.userId, id, content);
const remove = (who: SignedIn, id: string) => system.commands.messages.remove(who.account.userId, id);
const eventsOf = (aspect: 'msg' | 'edit' | 'meta') => collect(system.log.readSubject({ kind: 'room', roomId, aspect }));

describe('sending', () => {
  test('the same tempId is the same message, at once and again, of either kind', async () => {
    for (const tempId of ['t-1', uuidV7(Date.now())]) {
      const sent = await Promise.all([1, 2, 3].map(() => send(owner, 'first', { tempId })));
      const again = await send(owner, 'another text', { tempId });
      expect(new Set([...sent, again].map(({ message }) => message.id)).size).toBe(1);
      expect(again).toMatchObject({ duplicate: true, position: sent[0]?.position, message: { content: 'first' } });
      expect(sent.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    }
    expect(await eventsOf('msg')).toHaveLength(2);
  });

  test('another sender or room with this tempId has a message of their own', async () => {
    const other = await system.room(owner);
    const sent = [
      await send(owner, 'x', { tempId: 't' }),
      await send(guest, 'x', { tempId: 't' }),
      await send(owner, 'x', { tempId: 't', roomId: other }),
    ];
    expect(new Set(sent.map(({ message }) => message.id)).size).toBe(3);
  });

  test('without the read model sending goes on', async () => {
    system.setReadModelAway(true);
    expect((await send(owner, 'x', { tempId: 't-1' })).duplicate).toBe(false);
  });

  test('who is not in the room sends nothing', async () => {
    const stranger = await system.register();
    expect(await outcomes([send(stranger, 'x')])).toEqual(['ROOM_ACCESS_DENIED']);
    expect(await outcomes([send(owner, 'x', { roomId: randomUUID() })])).toEqual(['ROOM_NOT_FOUND']);
    expect(await eventsOf('msg')).toHaveLength(0);
  });
});

describe('replying', () => {
  test('a reply carries what it answers, as it is now', async () => {
    const { message } = await send(owner, 'ahoy');
    await edit(owner, message.id, 'ahoy there');
    const reply = await send(guest, 'aye', { replyToId: message.id });
    expect(reply.message).toMatchObject({ replyToId: message.id, replyTo: { content: 'ahoy there' } });
  });

  test('nothing, another room and what was deleted can not be answered', async () => {
    const secret = await send(owner, 'secret', { roomId: await system.room(owner) });
    const { message } = await send(owner, 'ahoy');
    await remove(owner, message.id);
    const replies = [randomUUID(), secret.message.id, message.id].map((replyToId) => send(guest, 'x', { replyToId }));
    expect(await outcomes(replies)).toEqual(Array.from({ length: 3 }, () => 'VALIDATION_ERROR'));
  });

  test('without the read model the log itself is searched, edits and deletions included', async () => {
    const [kept, gone] = [await send(owner, 'ahoy'), await send(owner, 'oops')];
    await edit(owner, kept.message.id, 'ahoy there');
    await remove(owner, gone.message.id);
    system.setReadModelAway(true);
    const reply = await send(guest, 'aye', { replyToId: kept.message.id });
    expect(reply.message.replyTo?.content).toBe('ahoy there');
    expect(await outcomes([send(guest, 'x', { replyToId: gone.message.id })])).toEqual(['VALIDATION_ERROR']);
    expect(await outcomes([send(guest, 'x', { replyToId: randomUUID() })])).toEqual(['VALIDATION_ERROR']);
  });
});

describe('editing and deleting', () => {
  test('a message is edited right after it was sent, by its sender alone', async () => {
    const { message } = await send(guest, 'ahoy');
    expect(await outcomes([edit(owner, message.id, 'x')])).toEqual(['ROOM_ACCESS_DENIED']);
    const edited = await edit(guest, message.id, 'ahoy there');
    expect(edited.message).toMatchObject({ content: 'ahoy there', editedAt: expect.any(String) });
    expect(edited.position).toBeDefined();
  });

  test('a burst of edits in one room is stored whole, the last one stays', async () => {
    const sent = await Promise.all(Array.from({ length: 10 }, (_, index) => send(guest, `m${index}`)));
    const other = await system.another();
    const edits = sent.flatMap(({ message }) => [
      edit(guest, message.id, 'here'),
      other.commands.messages.edit(guest.account.userId, message.id, 'there'),
    ]);
    expect(new Set(await outcomes(edits))).toEqual(new Set(['done']));
    expect(await eventsOf('edit')).toHaveLength(20);
    await other.close();
  });

  test('parallel deletions are one event; what is deleted stays so', async () => {
    const { message } = await send(guest, 'oops');
    const deletions = Array.from({ length: 10 }, (_, index) => remove(index % 2 === 0 ? guest : owner, message.id));
    const settled = await Promise.all(deletions);
    expect(settled.filter(({ position }) => position !== undefined)).toHaveLength(1);
    expect(await eventsOf('edit')).toHaveLength(1);
    expect(await outcomes([edit(guest, message.id, 'x')])).toEqual(['MESSAGE_NOT_FOUND']);
  });

  test('who has been removed neither edits nor deletes', async () => {
    const { message } = await send(guest, 'ahoy');
    await system.commands.rooms.removeMember(owner.account.userId, roomId, guest.account.userId);
    const attempts = [edit(guest, message.id, 'x'), remove(guest, message.id)];
    expect(await outcomes(attempts)).toEqual(['ROOM_ACCESS_DENIED', 'ROOM_ACCESS_DENIED']);
  });

  test('an unknown message is not found, and without the read model nobody can tell', async () => {
    expect(await outcomes([edit(owner, randomUUID(), 'x')])).toEqual(['MESSAGE_NOT_FOUND']);
    system.setReadModelAway(true);
    expect(await outcomes([edit(owner, randomUUID(), 'x')])).toEqual(['Unavailable']);
  });

  test('the owner deletes what the system said, nobody edits it', async () => {
    const joiner = await system.register();
    await system.commands.rooms.join(joiner.account.userId, roomId);
    const event = (await eventsOf('meta')).at(-1);
    const joined = event === undefined ? undefined : decodeRecord(event);
    if (joined?.type !== 'MemberJoined') throw new Error('nobody has joined');
    const { message } = joined.data;
    expect(message.content).toBe(`${joiner.account.username} joined the room`);
    expect(await outcomes([edit(joiner, message.id, 'x')])).toEqual(['ROOM_ACCESS_DENIED']);
    expect((await remove(owner, message.id)).position).toBeDefined();
  });
});
