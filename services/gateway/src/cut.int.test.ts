import { eventually, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';
import { openLightClient, sequenceOf } from './light-client.fixture.ts';

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
  const watchers = await Promise.all(gateways.map(({ url }) => openLightClient(url, bob.token)));
  const keeper = await openLightClient(first.url, ann.token);
  await keeper.ask('room:join', { roomId });
  const writing = startWriting(roomId);
  for (let round = 0; round < removals; round++) {
    const commands = rooms[round % rooms.length];
    await commands?.addMember(ann.userId, roomId, bob.userId, 'MEMBER');
    for (const { type } of await Promise.all(watchers.map((watcher) => watcher.ask('room:join', { roomId }))))
      expect(type).toBe('room:join');
    await eventually(() => expect(watchers.every((watcher) => watcher.seen(roomId).positions.length > 0)).toBe(true), {
      intervalMs: 2,
    });
    const removed = await commands?.removeMember(ann.userId, roomId, bob.userId);
    const cut = removed?.position?.sequence ?? 0;
    // The removal is the last that comes, on every gateway; asking once more shows that nothing is on its way behind it.
    await eventually(
      () =>
        expect(watchers.map((watcher) => sequenceOf(watcher.seen(roomId).positions.at(-1)))).toEqual([cut, cut, cut]),
      {
        intervalMs: 2,
      },
    );
    const again = await openLightClient((gateways[round % gateways.length] ?? first).url, bob.token);
    for (const watcher of [...watchers, again]) {
      const since = `${first.log.epochOf(first.log.partitionOf(roomId))}.${first.log.partitionOf(roomId)}.1`;
      expect(await watcher.ask('room:join', { roomId, since })).toMatchObject({ payload: { code: 'NOT_IN_ROOM' } });
      expect(await watcher.ask('message:new', { roomId, content: 'x' })).toMatchObject({
        payload: { code: 'NOT_IN_ROOM' },
      });
    }
    expect(again.rooms.size).toBe(0);
    again.socket.close();
    for (const watcher of watchers) {
      const sequences = watcher.seen(roomId).positions.map(sequenceOf);
      expect(sequences.at(-1)).toBe(cut);
      expect(sequences).toEqual(sequences.toSorted((one, other) => one - other));
      watcher.seen(roomId).positions.length = 0;
    }
  }
  const written = writing.stop();
  await eventually(() => expect(keeper.seen(roomId).positions.length).toBeGreaterThanOrEqual(written + removals));
  for (const watcher of [...watchers, keeper]) watcher.socket.close();
});
