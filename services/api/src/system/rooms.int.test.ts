import { randomUUID } from 'node:crypto';
import { apiContract } from '@kuraxx/contracts';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactly } from './client.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { rooms } = apiContract;
let system: System;
let ann: Awaited<ReturnType<System['register']>>;
let bob: typeof ann;
let cleo: typeof ann;
beforeAll(async () => {
  system = await startSystem({ apis: 2 });
  [ann, bob, cleo] = [await system.register('ann'), await system.register('bob'), await system.register('cleo')];
});
afterAll(() => system?.close());

/** Reads go to the other process than writes. */
const read = (path: string, token: string) => system.apis[1]!.send('GET', path, { token });

test('a new room has its creator as owner and those invited as members', async () => {
  const body = { name: 'Crew', topics: ['sail'], memberIds: [bob.id, bob.id, ann.id] };
  const room = await system.createRoom(ann.token, body);
  expect(room).toMatchObject({
    name: 'Crew',
    description: null,
    type: 'PUBLIC',
    topics: ['sail'],
    createdById: ann.id,
  });
  expect(room.members.map(({ userId, role }) => [userId, role]).sort()).toEqual(
    [
      [ann.id, 'OWNER'],
      [bob.id, 'MEMBER'],
    ].sort(),
  );
  expect(room).not.toHaveProperty('_count');
  const list = exactly(rooms.list.responses[200], await read('/rooms/list', bob.token));
  expect(list.data.rooms.map(({ id }) => id)).toContain(room.id);
  expect(list.meta.total).toBe(list.data.rooms.length);
});

test('a room is seen by its members alone', async () => {
  const room = await system.createRoom(ann.token, { name: 'Seen' });
  const got = exactly(rooms.get.responses[200], await read(`/rooms/${room.id}`, ann.token)).data.room;
  expect(got._count).toEqual({ messages: 0, members: 1, posts: 0, resources: 0 });
  const members = exactly(rooms.members.responses[200], await read(`/rooms/${room.id}/members?limit=1`, ann.token));
  expect(members.data.members).toHaveLength(1);
  const path = `/rooms/${room.id}`;
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'GET', path, { token: cleo.token });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'GET', `${path}/members`, { token: cleo.token });
  await system.refused(404, 'ROOM_NOT_FOUND', 'GET', `/rooms/${randomUUID()}`, { token: ann.token });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'GET', `/rooms/${randomUUID()}/members`, { token: ann.token });
});

test('owner and admins change a room', async () => {
  const room = await system.createRoom(ann.token, { name: 'Old', memberIds: [bob.id] });
  const body = { name: 'New', description: 'd', avatarUrl: 'https://example.org/r.png' };
  const changed = await system.send('PATCH', `/rooms/${room.id}`, { token: ann.token, body });
  expect(changed.status).toBe(200);
  expect(exactly(rooms.update.responses[200], changed).data.room).toMatchObject(body);
  expect((await read(`/rooms/${room.id}`, bob.token)).body).toMatchObject({ data: { room: body } });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'PATCH', `/rooms/${room.id}`, { token: bob.token, body });
});

test('discover shows public rooms to those who are not in them', async () => {
  const room = await system.createRoom(ann.token, { name: 'Open' });
  const hidden = await system.createRoom(ann.token, { name: 'Hidden', type: 'PRIVATE', passcode: 'open sesame' });
  const found = exactly(rooms.discover.responses[200], await read('/rooms/discover?limit=100', cleo.token)).data.rooms;
  expect(found.map(({ id }) => id)).toContain(room.id);
  expect(found.map(({ id }) => id)).not.toContain(hidden.id);
  const own = exactly(rooms.discover.responses[200], await read('/rooms/discover?limit=100', ann.token)).data.rooms;
  expect(own.map(({ id }) => id)).not.toContain(room.id);
});

test('joining and leaving each leave a SYSTEM message', async () => {
  const room = await system.createRoom(ann.token, { name: 'Door' });
  const joined = await system.send('POST', `/rooms/${room.id}/join`, { token: bob.token });
  expect(joined.status).toBe(200);
  const shown = exactly(rooms.join.responses[200], joined).data.room;
  expect(shown._count).toMatchObject({ messages: 1, members: 2 });
  await system.refused(409, 'RESOURCE_EXISTS', 'POST', `/rooms/${room.id}/join`, { token: bob.token });
  await system.refused(404, 'ROOM_NOT_FOUND', 'POST', `/rooms/${randomUUID()}/join`, { token: bob.token });
  const left = await system.send('POST', `/rooms/${room.id}/leave`, { token: bob.token });
  expect(left.status).toBe(200);
  exactly(rooms.leave.responses[200], left);
  const history = await read(`/messages/history?roomId=${room.id}`, ann.token);
  const { messages } = exactly(apiContract.messages.history.responses[200], history).data;
  expect(messages.map(({ type, content }) => [type, content])).toEqual([
    ['SYSTEM', 'bob left the room'],
    ['SYSTEM', 'bob joined the room'],
  ]);
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'GET', `/rooms/${room.id}`, { token: bob.token });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'POST', `/rooms/${room.id}/leave`, { token: bob.token });
});

test('a private room opens to its passcode', async () => {
  const body = { name: 'Vault', type: 'PRIVATE', passcode: 'open sesame' };
  const room = await system.createRoom(ann.token, body);
  const path = `/rooms/${room.id}/join`;
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'POST', path, { token: bob.token });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'POST', path, { token: bob.token, body: { passcode: 'wrong' } });
  const joined = await system.send('POST', path, { token: bob.token, body: { passcode: 'open sesame' } });
  expect(joined.status).toBe(200);
  expect(JSON.stringify(joined.body)).not.toContain('passcode');
});

test('members are added, promoted and removed', async () => {
  const room = await system.createRoom(ann.token, { name: 'Staff' });
  const path = `/rooms/${room.id}/members`;
  const added = await system.send('POST', path, { token: ann.token, body: { userId: bob.id } });
  expect(added.status).toBe(201);
  expect(exactly(rooms.addMember.responses[201], added).data.member).toMatchObject({ userId: bob.id, role: 'MEMBER' });
  await system.refused(409, 'RESOURCE_EXISTS', 'POST', path, { token: ann.token, body: { userId: bob.id } });
  const nobody = await system.send('POST', path, { token: ann.token, body: { userId: randomUUID() } });
  expect(nobody.status).toBe(404);
  const raised = await system.send('PATCH', `${path}/${bob.id}`, { token: ann.token, body: { role: 'ADMIN' } });
  expect(raised.status).toBe(200);
  expect(exactly(rooms.changeRole.responses[200], raised).data.member.role).toBe('ADMIN');
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'DELETE', `${path}/${ann.id}`, { token: bob.token });
  const removed = await system.send('DELETE', `${path}/${bob.id}`, { token: ann.token });
  expect(removed.status).toBe(200);
  exactly(rooms.removeMember.responses[200], removed);
  expect((await read(`/rooms/${room.id}`, bob.token)).status).toBe(403);
  await system.refused(404, 'ROOM_NOT_FOUND', 'DELETE', `${path}/${bob.id}`, { token: ann.token });
});

test('a room is handed over, then deleted by its new owner', async () => {
  const room = await system.createRoom(ann.token, { name: 'Heir', memberIds: [bob.id] });
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'POST', `/rooms/${room.id}/leave`, { token: ann.token });
  const transfer = { token: ann.token, body: { userId: bob.id } };
  const handed = await system.send('POST', `/rooms/${room.id}/transfer`, transfer);
  expect(handed.status).toBe(200);
  const { members } = exactly(rooms.transfer.responses[200], handed).data.room;
  expect(members.find(({ userId }) => userId === bob.id)?.role).toBe('OWNER');
  expect(members.find(({ userId }) => userId === ann.id)?.role).toBe('ADMIN');
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'DELETE', `/rooms/${room.id}`, { token: ann.token });
  const deleted = await system.send('DELETE', `/rooms/${room.id}`, { token: bob.token });
  expect(deleted.status).toBe(200);
  exactly(rooms.remove.responses[200], deleted);
  expect((await read(`/rooms/${room.id}`, bob.token)).status).toBe(404);
  const list = exactly(rooms.list.responses[200], await read('/rooms/list', bob.token)).data.rooms;
  expect(list.map(({ id }) => id)).not.toContain(room.id);
});

test('a page past the end is empty, its meta unchanged', async () => {
  const { data, meta } = exactly(rooms.list.responses[200], await read('/rooms/list?page=99&limit=1', ann.token));
  expect(data.rooms).toEqual([]);
  expect(meta).toMatchObject({ page: 99, limit: 1, total: meta.totalPages });
});

test('the owner sees everything that happened in a room, and when it was projected; a member does not', async () => {
  const [api] = system.apis;
  const room = await system.createRoom(ann.token, { name: 'Crew', memberIds: [bob.id] });
  const read = async (query = '') =>
    exactly(rooms.log.responses[200], await api!.send('GET', `/rooms/${room.id}/log${query}`, { token: ann.token }))
      .data.entries;
  const message = await system.say(bob.token, room.id, 'a secret');
  await api!.send('PATCH', `/rooms/${room.id}`, { token: ann.token, body: { name: 'Watch' } });
  const entries = await eventually(async () => {
    const found = await read();
    expect(found.at(-1)?.projectedAt).not.toBeNull();
    return found;
  });
  expect(entries.map(({ type, userId }) => [type, userId])).toEqual([
    ['kuraxx.room.created.v1', ann.id],
    ['kuraxx.message.sent.v1', bob.id],
    ['kuraxx.room.updated.v1', ann.id],
  ]);
  expect(entries[1]?.messageId).toBe(message.id);
  expect(JSON.stringify(entries)).not.toContain('a secret');
  expect(await read(`?after=${entries[0]?.position}&limit=1`)).toMatchObject([{ messageId: message.id }]);
  await api!.refused(403, 'ROOM_ACCESS_DENIED', 'GET', `/rooms/${room.id}/log`, { token: bob.token });
  await api!.refused(400, 'VALIDATION_ERROR', 'GET', `/rooms/${room.id}/log?after=yesterday`, { token: ann.token });
});
