import { setTimeout as delay } from 'node:timers/promises';
import { nameless } from '@kuraxx/domain';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  clientOf,
  createPerson,
  createRoom,
  expectStatus,
  type Person,
  password,
  send,
  uniqueName,
} from './person.fixture.ts';
import { openSignedIn, type Socket } from './socket.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

/** Two apis and two gateways, each a process of its own. */
let system: System;
beforeAll(async () => {
  system = await startTestSystem({ counts: { api: 2, gateway: 2 } });
}, 300_000);
afterAll(() => system?.stop());

const apiAt = (index: number, person?: Person) =>
  clientOf(system.apiUrls[index % system.apiUrls.length] ?? '', person?.token);
const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));
const countBy = (values: readonly (string | number)[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
};
/** Sockets of a person on every gateway. */
const socketsOf = (person: Person, ...rooms: string[]): Promise<Socket[]> =>
  Promise.all(system.wsUrls.map((url) => openSignedIn(url, person.token, ...rooms)));

test('of 200 registrations of one e-mail at once one is done, and the losers can have their own names', async () => {
  const stem = uniqueName('race');
  const bodies = Array.from({ length: 200 }, (_, index) => ({
    email: `${index % 2 === 0 ? stem : stem.toUpperCase()}@example.com`,
    username: `r${index}_${stem}`.slice(0, 30),
    password,
  }));
  const answers = await times(200, (index) =>
    apiAt(index).auth.register({ body: bodies[index] ?? { email: '', username: '', password } }),
  );
  expect(countBy(answers.map(({ status }) => status))).toEqual({ 201: 1, 409: 199 });
  const losers = answers.flatMap(({ status }, index) => (status === 409 ? [bodies[index]?.username ?? ''] : []));
  for (const username of losers.slice(0, 2)) {
    const body = { email: `${uniqueName('own')}@example.com`, username, password };
    expectStatus(await apiAt(0).auth.register({ body }), 201);
  }
});

test('of 50 joins at once one is done, with one SYSTEM message, and everybody sees it once', async () => {
  const [owner, guest] = [await createPerson(system.apiUrl, 'owner'), await createPerson(system.apiUrl, 'guest')];
  const roomId = await createRoom(owner);
  const watchers = await socketsOf(owner, roomId);
  const joins = await times(50, (index) => apiAt(index, guest).rooms.join({ params: { id: roomId }, body: {} }));
  expect(countBy(joins.map(({ status }) => status))).toEqual({ 200: 1, 409: 49 });
  const last = await send(owner, roomId, 'last');
  for (const watcher of watchers) {
    await watcher.next('message:saved', ({ payload }) => payload.message.id === last.id);
    expect(watcher.frames.filter(({ type }) => type === 'message:saved')).toHaveLength(2);
    watcher.close();
  }
});

test('of edits and a deletion at once nobody sees an edit after the deletion, and it stays deleted for all', async () => {
  const ann = await createPerson(system.apiUrl, 'ann');
  const roomId = await createRoom(ann);
  const watchers = await socketsOf(ann, roomId);
  const { id } = await send(ann, roomId, 'first');
  const params = { id };
  const answers = await times(20, async (index) => {
    const api = apiAt(index, ann);
    if (index === 11) return api.messages.remove({ params, body: {} });
    return api.messages.edit({ params, body: { content: `edit ${index}` } });
  });
  const outcomes = countBy(answers.map(({ status }) => status));
  expect((outcomes[200] ?? 0) + (outcomes[404] ?? 0) + (outcomes[409] ?? 0)).toBe(20);
  const last = await send(ann, roomId, 'last');
  for (const watcher of watchers) {
    await watcher.next('message:saved', ({ payload }) => payload.message.id === last.id);
    const changes = watcher.frames.map(({ type }) => type).filter((type) => /^message:(update|delete)$/.test(type));
    expect(changes).toEqual([...changes.slice(0, -1).map(() => 'message:update'), 'message:delete']);
    watcher.close();
  }
  for (const index of [0, 1]) {
    const api = apiAt(index, ann);
    const { messages } = expectStatus(await api.messages.history({ query: { roomId } }), 200).body.data;
    expect(messages.map((message) => message.id)).toEqual([last.id]);
    expect(expectStatus(await api.messages.get({ params }), 200).body.data.message.deletedAt).not.toBeNull();
  }
});

test('one send, by REST and WebSocket, through all processes at once and after each of them was killed, is one message', async () => {
  const ann = await createPerson(system.apiUrl, 'ann');
  const roomId = await createRoom(ann);
  const sendAgain = async (tempId: string) => {
    const sockets = await socketsOf(ann, roomId);
    for (const socket of sockets) socket.send('message:new', { roomId, content: 'once', tempId }, 'again');
    const byRest = await times(2, (index) =>
      apiAt(index, ann).messages.send({ body: { roomId, content: 'once', tempId } }),
    );
    const bySocket = await Promise.all(
      sockets.map((socket) => socket.next('message:saved', ({ payload }) => payload.tempId === tempId)),
    );
    for (const socket of sockets) socket.close();
    return [
      ...byRest.map((answer) => expectStatus(answer, 201).body.data.message.id),
      ...bySocket.map(({ payload }) => payload.message.id),
    ];
  };
  const ids = new Set(await sendAgain('legacy 1'));
  for (const name of ['api', 'api-2', 'gateway', 'gateway-2']) await system.kill(name);
  await eventually(async () => expectStatus(await apiAt(0, ann).auth.me(), 200), { timeoutMs: 30_000 });
  await eventually(async () => expectStatus(await apiAt(1, ann).auth.me(), 200), { timeoutMs: 30_000 });
  await eventually(async () => (await socketsOf(ann)).forEach((socket) => socket.close()), {
    timeoutMs: 30_000,
  });
  for (const id of await sendAgain('legacy 1')) ids.add(id);
  expect(ids.size).toBe(1);
  const { messages } = expectStatus(await apiAt(0, ann).messages.history({ query: { roomId } }), 200).body.data;
  expect(messages.map(({ id }) => id)).toEqual([...ids]);
});

test('an account whose api is killed while it is being deleted is there as before, or gone altogether', async () => {
  const heir = await createPerson(system.apiUrls[0] ?? '', 'heir');
  const ann = await createPerson(system.apiUrls[0] ?? '', 'gone');
  const roomId = await createRoom(ann, heir);
  const said = await send(ann, roomId, 'ahoy');
  const deletion = apiAt(1, ann)
    .users.deleteMe({ body: { password } })
    .catch(() => undefined); // cut
  await delay(400); // any time will do: checking the password takes some 300 ms, the rest a few
  await system.kill('api-2');
  await deletion;
  const { email, username } = ann;
  await eventually(async () => expectStatus(await apiAt(1, heir).auth.me(), 200), { timeoutMs: 30_000 });
  const login = await apiAt(0).auth.login({ body: { email, password } });
  if (login.status === 200) return; // nothing has happened
  await eventually(
    async () => {
      const { members } = expectStatus(await heir.api.rooms.members({ params: { id: roomId }, query: {} }), 200).body
        .data;
      expect(members.map(({ userId, role }) => [userId, role])).toEqual([[heir.id, 'OWNER']]);
    },
    { timeoutMs: 30_000 },
  );
  expectStatus(await heir.api.users.get({ params: { id: ann.id } }), 404);
  const { message } = expectStatus(await heir.api.messages.get({ params: { id: said.id } }), 200).body.data;
  expect(message).toMatchObject({ content: 'ahoy', sender: nameless });
  expectStatus(await apiAt(0).auth.register({ body: { email, username, password } }), 201);
}, 300_000);
