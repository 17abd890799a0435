import { testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './gateway.fixture.ts';
import { openLightClient, sequenceOf } from './light-client.fixture.ts';

const missed = 10_000;

let system: TestGateway;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl);
});
afterAll(() => system.close());

test(`${missed} missed events come in order while new ones keep arriving`, async () => {
  const [ann, bob] = [await system.person('ann'), await system.person('bob')];
  const roomId = await system.room(ann, bob);
  const say = () =>
    system.commands.messages.send({ senderId: ann.userId, roomId, content: 'x'.repeat(200), type: 'TEXT' });
  const { position: first } = await say();
  const since = `${first.epoch}.${first.partition}.${first.sequence}`;
  for (let sent = 0; sent < missed; sent += 1_000) await Promise.all(Array.from({ length: 1_000 }, say));
  let isWriting = true;
  const writing = (async () => {
    let count = 0;
    while (isWriting) {
      await Promise.all([say(), say(), say()]);
      count += 3;
    }
    return count;
  })();
  const client = await openLightClient(system.url, bob.token, new Map([[roomId, since]]));
  const answer = await client.ask('resume', { rooms: { [roomId]: since } }, 20_000);
  expect(answer).toMatchObject({ payload: { joined: [roomId], refused: {} } });
  isWriting = false;
  const written = await writing;
  const { position: last } = await say();
  const { positions, holes } = client.seen(roomId);
  await client.ask('room:join', { roomId });
  expect(holes).toEqual([]);
  expect(positions).toHaveLength(missed + written + 1);
  expect(sequenceOf(positions.at(-1))).toBe(last.sequence);
  client.socket.terminate();
});
