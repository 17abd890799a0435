import { eventually, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';

const removals = 100;
const messagesPerSecond = 1_000;
const writeEveryMs = 10;

let gateways: TestGateway[];
let first: TestGateway;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  const { natsUrl } = testServers();
  first = await startGateway(natsUrl);
  gateways = [first, ...(await Promise.all([startGateway(natsUrl), startGateway(natsUrl)]))];
  [ann, bob] = await Promise.all([first.person('ann'), first.person('bob')]);
});
afterAll(() => Promise.all(gateways.map((gateway) => gateway.close())));

const frame = z.object({
  type: z.string(),
  position: z.string().optional(),
  requestId: z.string().optional(),
  payload: z.object({ code: z.string().optional() }),
});

const sequenceOf = (position: string): number => Number(position.split('.')[2]);

/** A socket that keeps only where frames stand: thousands a second are not held to the contract one by one. */
const openWatcher = async (gateway: TestGateway, token: string) => {
  const socket = new WebSocket(gateway.url);
  const positions: number[] = [];
  const answers = new Map<string, z.infer<typeof frame>>();
  let asked = 0;
  socket.on('message', (data: Buffer) => {
    const { position, requestId, ...rest } = frame.parse(JSON.parse(data.toString()));
    if (position !== undefined) positions.push(sequenceOf(position));
    if (requestId !== undefined) answers.set(requestId, { requestId, ...rest });
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const ask = async (type: string, payload: unknown) => {
    const requestId = `${++asked}`;
    socket.send(JSON.stringify({ type, payload, requestId }));
    const answer = (): z.infer<typeof frame> => {
      const found = answers.get(requestId);
      if (found === undefined) throw new Error(`no answer to ${type}`);
      return found;
    };
    return eventually(answer, { intervalMs: 2 });
  };
  await ask('authenticate', { token });
  return { positions, ask, close: () => socket.close() };
};

/** Writes at a steady rate until it is stopped. */
const startWriting = (roomId: string) => {
  let written = 0;
  const problems: unknown[] = [];
  const timer = setInterval(() => {
    for (let count = 0; count < (messagesPerSecond * writeEveryMs) / 1000; count++) {
      const sending = first.commands.messages.send({ senderId: ann.userId, roomId, content: 'x', type: 'TEXT' });
      sending.then(
        () => written++,
        (error: unknown) => problems.push(error),
      );
    }
  }, writeEveryMs);
  return {
    stop(): number {
      clearInterval(timer);
      expect(problems).toEqual([]);
      return written;
    },
  };
};

test(`in a busy room on three gateways ${removals} removals cut exactly, and who is back signed in is refused`, async () => {
  const roomId = await first.room(ann);
  const rooms = gateways.map(({ commands }) => commands.rooms);
  const watchers = await Promise.all(gateways.map((gateway) => openWatcher(gateway, bob.token)));
  const keeper = await openWatcher(first, ann.token);
  await keeper.ask('room:join', { roomId });
  const writing = startWriting(roomId);
  for (let round = 0; round < removals; round++) {
    const commands = rooms[round % rooms.length];
    await commands?.addMember(ann.userId, roomId, bob.userId, 'MEMBER');
    for (const { type } of await Promise.all(watchers.map(({ ask }) => ask('room:join', { roomId }))))
      expect(type).toBe('room:join');
    await eventually(() => expect(watchers.every(({ positions }) => positions.length > 0)).toBe(true), {
      intervalMs: 2,
    });
    const removed = await commands?.removeMember(ann.userId, roomId, bob.userId);
    const cut = removed?.position?.sequence ?? 0;
    // The removal is the last that comes, on every gateway; asking once more shows that nothing is on its way behind it.
    await eventually(() => expect(watchers.map(({ positions }) => positions.at(-1))).toEqual([cut, cut, cut]), {
      intervalMs: 2,
    });
    const again = await openWatcher(gateways[round % gateways.length] ?? first, bob.token);
    for (const watcher of [...watchers, again]) {
      const since = `${first.log.epochOf(first.log.partitionOf(roomId))}.${first.log.partitionOf(roomId)}.1`;
      expect(await watcher.ask('room:join', { roomId, since })).toMatchObject({ payload: { code: 'NOT_IN_ROOM' } });
      expect(await watcher.ask('message:new', { roomId, content: 'x' })).toMatchObject({
        payload: { code: 'NOT_IN_ROOM' },
      });
    }
    expect(again.positions).toEqual([]);
    again.close();
    for (const { positions } of watchers) {
      expect(positions.at(-1)).toBe(cut);
      expect(positions).toEqual(positions.toSorted((one, other) => one - other));
      positions.length = 0;
    }
  }
  const written = writing.stop();
  await eventually(() => expect(keeper.positions.length).toBeGreaterThanOrEqual(written + removals));
  for (const watcher of [...watchers, keeper]) watcher.close();
}, 90_000);
