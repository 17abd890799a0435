import { eventually, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';
import { openLightClient, sequenceOf } from './light-client.fixture.ts';
import { openRawSocket, type RawSocket } from './raw-socket.fixture.ts';

const limits = {
  maxUnsentBytes: 256 * 1024,
  allUnsentBytes: 2 * 1024 * 1024,
  closingUnsentBytes: 1024 * 1024,
  lookEveryBytes: 32 * 1024,
};
const waveSize = 50;
const content = 'x'.repeat(5_000);
const crowdSize = 30;

let system: TestGateway;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl, { limits });
  [ann, bob] = await Promise.all([system.person('ann'), system.person('bob')]);
});
afterAll(() => system.close());

const say = (roomId: string) => system.commands.messages.send({ senderId: ann.userId, roomId, content, type: 'TEXT' });
const wave = (roomId: string) => Promise.all(Array.from({ length: waveSize }, () => say(roomId)));

const joinedRaw = async (roomId: string): Promise<RawSocket> => {
  const socket = await openRawSocket(system.url);
  socket.send('authenticate', { token: bob.token });
  await socket.until('"authenticated"');
  socket.send('room:join', { roomId });
  await socket.until('"success":true');
  return socket;
};
const positionsIn = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => /"position":"([^"]+)","prev"/.exec(text)?.[1] ?? []);

test('who stops reading is closed with 4100 and resumes without loss; the others notice nothing', async () => {
  const roomId = await system.room(ann, bob);
  const reader = await openLightClient(system.url, ann.token);
  await reader.ask('room:join', { roomId });
  const stopped = await joinedRaw(roomId);
  stopped.stopReading();
  const open = system.gateway.load().sockets;
  // The kernel's buffers take some megabytes first.
  let waves = 0;
  for (; system.gateway.load().sockets === open; waves++) {
    expect(waves).toBeLessThan(100);
    expect(system.gateway.load().unsentBytes).toBeLessThanOrEqual(
      limits.maxUnsentBytes + waveSize * (content.length + 1_000),
    );
    await wave(roomId);
    await eventually(() => expect(reader.seen(roomId).positions).toHaveLength((waves + 1) * waveSize));
  }
  await wave(roomId);
  stopped.readOn();
  await eventually(() => expect(stopped.closeCode()).toBe(4100));
  const got = positionsIn(stopped.texts);
  const since = got.at(-1) ?? '';
  const again = await openLightClient(system.url, bob.token, new Map([[roomId, since]]));
  await again.ask('resume', { rooms: { [roomId]: since } });
  const { positions, holes } = again.seen(roomId);
  expect(holes).toEqual([]);
  const all = reader.seen(roomId);
  expect([...got, ...positions]).toEqual(all.positions);
  expect(all.holes).toEqual([]);
  expect(reader.closeCode()).toBeUndefined();
  for (const { socket } of [reader, again]) socket.terminate();
});

test('many that stop reading cost no more than the bound of all, and a reader among them misses nothing', async () => {
  const roomId = await system.room(ann, bob);
  const reader = await openLightClient(system.url, ann.token);
  await reader.ask('room:join', { roomId });
  const crowd = await Promise.all(Array.from({ length: crowdSize }, () => joinedRaw(roomId)));
  for (const socket of crowd) socket.stopReading();
  const open = system.gateway.load().sockets;
  let highest = 0;
  let sent = 0;
  while (system.gateway.load().sockets > open - crowdSize) {
    await wave(roomId);
    sent += waveSize;
    expect(sent).toBeLessThan(5_000);
    highest = Math.max(highest, system.gateway.load().unsentBytes);
    await eventually(() => expect(reader.seen(roomId).positions).toHaveLength(sent));
  }
  // Between two looks each may get as much as goes to the room before the next one.
  expect(highest).toBeLessThanOrEqual(limits.allUnsentBytes + crowdSize * limits.lookEveryBytes * 2);
  expect(reader.seen(roomId).holes).toEqual([]);
  expect(sequenceOf(reader.seen(roomId).positions.at(-1))).toBeGreaterThan(0);
  expect(reader.closeCode()).toBeUndefined();
  for (const socket of crowd) socket.readOn();
  // Those that could be told were told; the rest were cut, so as not to keep memory for them.
  await eventually(() => expect(crowd.every((socket) => socket.isGone())).toBe(true));
  const told = crowd.filter((socket) => socket.closeCode() === 4100).length;
  expect(told).toBeGreaterThan(0);
  expect(crowd.filter((socket) => socket.closeCode() === undefined)).toHaveLength(crowdSize - told);
  reader.socket.terminate();
});
