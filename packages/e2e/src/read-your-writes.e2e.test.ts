import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, createPerson, createRoom, expectStatus, type Person, send } from './person.fixture.ts';
import { openSignedIn } from './socket.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

const rounds = 50;

describe.each([1, 3])('with %d api processes', (apis) => {
  let system: System;
  let ann: Person;
  let turn = 0;

  /** Each call goes to the next api process, so that the write and the read meet different ones. */
  const api = (person: Person) => clientOf(system.apiUrls[turn++ % apis] ?? system.apiUrl, person.token);

  beforeAll(async () => {
    system = await startTestSystem({ counts: { api: apis } });
    ann = await createPerson(system.apiUrl, 'ann');
  }, 120_000);
  afterAll(() => system?.stop());

  const repeat = async (round: (index: number) => Promise<void>) => {
    for (let index = 0; index < rounds; index++) await round(index);
  };

  test('a sent message is in the history and readable by id', () =>
    createRoom(ann).then((roomId) =>
      repeat(async (index) => {
        const sent = expectStatus(await api(ann).messages.send({ body: { roomId, content: `m${index}` } }), 201).body
          .data.message;
        const history = expectStatus(await api(ann).messages.history({ query: { roomId, limit: 1 } }), 200).body.data;
        expect(history.messages[0]?.id).toBe(sent.id);
        expectStatus(await api(ann).messages.get({ params: { id: sent.id } }), 200);
      }),
    ));

  test('an edit and a deletion show at once', async () => {
    const roomId = await createRoom(ann);
    await repeat(async (index) => {
      const { id } = await send(ann, roomId, 'first');
      expectStatus(await api(ann).messages.edit({ params: { id }, body: { content: `edit ${index}` } }), 200);
      const read = expectStatus(await api(ann).messages.get({ params: { id } }), 200).body.data.message;
      expect(read.content).toBe(`edit ${index}`);
      expectStatus(await api(ann).messages.remove({ params: { id }, body: {} }), 200);
      const history = expectStatus(await api(ann).messages.history({ query: { roomId } }), 200).body.data;
      expect(history.messages.map((message) => message.id)).not.toContain(id);
    });
  });

  test('a message that came over the WebSocket is in the history', async () => {
    const roomId = await createRoom(ann);
    const socket = await openSignedIn(system.wsUrl, ann.token, roomId);
    await repeat(async (index) => {
      socket.send('message:new', { roomId, content: `w${index}` });
      const saved = await socket.next('message:saved', (frame) => frame.payload.message.content === `w${index}`);
      const history = expectStatus(await api(ann).messages.history({ query: { roomId, limit: 1 } }), 200).body.data;
      expect(history.messages[0]?.id).toBe(saved.payload.message.id);
    });
    socket.close();
  });

  test(
    'a new room is readable, listed and changeable, and gone when deleted',
    () =>
      repeat(async (index) => {
        const { id } = expectStatus(await api(ann).rooms.create({ body: { name: `room ${index}` } }), 201).body.data
          .room;
        expectStatus(await api(ann).rooms.get({ params: { id } }), 200);
        const list = expectStatus(await api(ann).rooms.list({ query: { limit: 100 } }), 200).body.data.rooms;
        expect(list.map((room) => room.id)).toContain(id);
        expectStatus(await api(ann).rooms.update({ params: { id }, body: { name: `new ${index}` } }), 200);
        expect(expectStatus(await api(ann).rooms.get({ params: { id } }), 200).body.data.room.name).toBe(
          `new ${index}`,
        );
        expectStatus(await api(ann).rooms.remove({ params: { id }, body: {} }), 200);
        expectStatus(await api(ann).rooms.get({ params: { id } }), 404);
        const after = expectStatus(await api(ann).rooms.list({ query: { limit: 100 } }), 200).body.data.rooms;
        expect(after.map((room) => room.id)).not.toContain(id);
      }),
    60_000,
  );

  test('members who join, leave, are added and removed show at once', async () => {
    const bob = await createPerson(system.apiUrl, 'bob');
    const { id } = expectStatus(await ann.api.rooms.create({ body: {} }), 201).body.data.room;
    const isIn = async () => {
      const { members } = expectStatus(await api(ann).rooms.members({ params: { id }, query: {} }), 200).body.data;
      return members.some((member) => member.userId === bob.id);
    };
    await repeat(async () => {
      expectStatus(await api(bob).rooms.join({ params: { id }, body: {} }), 200);
      expect(await isIn()).toBe(true);
      const list = expectStatus(await api(bob).rooms.list({ query: {} }), 200).body.data.rooms;
      expect(list.map((room) => room.id)).toContain(id);
      expectStatus(await api(bob).rooms.leave({ params: { id }, body: {} }), 200);
      expect(await isIn()).toBe(false);
      expectStatus(await api(ann).rooms.addMember({ params: { id }, body: { userId: bob.id } }), 201);
      expect(await isIn()).toBe(true);
      expectStatus(await api(ann).rooms.removeMember({ params: { id, userId: bob.id }, body: {} }), 200);
      expect(await isIn()).toBe(false);
    });
  }, 60_000);

  test('a changed profile shows to oneself and to others', () =>
    repeat(async (index) => {
      const displayName = `Ann ${index}`;
      expectStatus(await api(ann).users.updateMe({ body: { displayName } }), 200);
      expect(expectStatus(await api(ann).auth.me(), 200).body.data.user.displayName).toBe(displayName);
      expect(expectStatus(await api(ann).users.get({ params: { id: ann.id } }), 200).body.data.user.displayName).toBe(
        displayName,
      );
    }));
});
