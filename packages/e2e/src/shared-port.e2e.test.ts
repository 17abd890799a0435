import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPerson, createRoom, type Person } from './person.fixture.ts';
import { openSignedIn, openSocket, type Socket } from './socket.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

const gateways = ['gateway', 'gateway-2', 'gateway-3'];
/** So many that with all but certainty each gateway has some. */
const sockets = 24;

let system: System;
let mira: Person;
let tom: Person;
let roomId: string;

beforeAll(async () => {
  system = await startTestSystem({
    counts: { gateway: gateways.length },
    sharesWsPort: true,
    env: { WS_DRAIN_TIMEOUT: '2s' },
  });
  [mira, tom] = await Promise.all([createPerson(system.apiUrl, 'mira'), createPerson(system.apiUrl, 'tom')]);
  roomId = await createRoom(mira, tom);
});
afterAll(() => system.stop());

const openMany = (person: Person) =>
  Promise.all(Array.from({ length: sockets }, () => openSignedIn(system.wsUrl, person.token, roomId)));
const goneSoon = (open: readonly Socket[]) => Promise.all(open.map(({ closed }) => closed));

test('what is sent by one reaches all, presence and removals count across, on however many processes of one port', async () => {
  const watcher = await openSignedIn(system.wsUrl, mira.token, roomId);
  const open = await openMany(tom);
  await watcher.next('presence:online', ({ payload }) => payload.userId === tom.id);
  open[0]?.send('message:new', { roomId, content: 'ahoy', tempId: 't-1' });
  const came = await Promise.all(
    [watcher, ...open].map((socket) => socket.next('message:saved', ({ payload }) => payload.tempId === 't-1')),
  );
  expect(new Set(came.map(({ position }) => position)).size).toBe(1);
  await mira.api.rooms.removeMember({ params: { id: roomId, userId: tom.id }, body: {} });
  await Promise.all(
    open.map((socket) => socket.next('room:leave', ({ payload }) => 'userId' in payload && payload.userId === tom.id)),
  );
  await mira.api.rooms.addMember({ params: { id: roomId }, body: { userId: tom.id } });
  await tom.api.auth.logout({ body: {} });
  expect(new Set(await goneSoon(open))).toEqual(new Set([4202]));
  await watcher.next('presence:offline', ({ payload }) => payload.userId === tom.id);
  expect(watcher.frames.filter(({ type }) => type === 'presence:online' || type === 'presence:offline')).toHaveLength(
    2,
  );
  watcher.close();
});

test('a gateway that is stopped sends its clients to the others, and the port refuses nobody meanwhile', async () => {
  const before = system.processes()['gateway-2'];
  const open = await openMany(mira);
  let isOver = false;
  let opened = 0;
  const knocking = (async () => {
    while (!isOver) {
      const socket = await openSocket(system.wsUrl);
      opened++;
      socket.close();
      await socket.closed;
    }
  })();
  knocking.catch(() => undefined); // told where it is awaited
  await system.kill('gateway-2', 'SIGTERM');
  await expect.poll(() => system.processes()['gateway-2'] ?? before, { timeout: 20_000 }).not.toBe(before);
  isOver = true;
  await knocking;
  expect(opened).toBeGreaterThan(10);
  const asked = open.filter(({ frames }) => frames.some(({ type }) => type === 'reconnect'));
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThan(sockets);
  expect(new Set(await goneSoon(asked))).toEqual(new Set([1012]));
  const stayed = open.filter((socket) => !asked.includes(socket));
  stayed[0]?.send('message:new', { roomId, content: 'still here', tempId: 't-2' });
  await Promise.all(stayed.map((socket) => socket.next('message:saved', ({ payload }) => payload.tempId === 't-2')));
  for (const socket of stayed) socket.close();
});

test('who has reached a gateway that stops before it looked is answered by it', async () => {
  const before = system.processes()['gateway-3'];
  if (before === undefined) throw new Error('the third gateway is away');
  process.kill(before, 'SIGSTOP');
  // The kernel has them wait at all three gateways; those who wait at this one have nothing but its word
  const opening = Array.from({ length: 2 * sockets }, () => openSocket(system.wsUrl));
  await Promise.any(opening);
  process.kill(before, 'SIGTERM');
  process.kill(before, 'SIGCONT');
  const open = await Promise.all(opening);
  await expect.poll(() => system.processes()['gateway-3'] ?? before, { timeout: 20_000 }).not.toBe(before);
  for (const socket of open) socket.close();
});
