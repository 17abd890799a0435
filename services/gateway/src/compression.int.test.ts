import { deflateRawSync } from 'node:zlib';
import type { FrameEncoding } from '@kuraxx/contracts';
import { eventually, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from './client.fixture.ts';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';
import { openRawSocket } from './raw-socket.fixture.ts';

let system: TestGateway;
let ann: Person;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl, { compression: true });
  ann = await system.person('ann');
});
afterAll(() => system.close());

const join = async (url: string, roomId: string, encoding: FrameEncoding, perMessageDeflate: boolean) => {
  const client = await openClient(url, { encoding, perMessageDeflate });
  await client.ask('authenticate', { token: ann.token });
  await client.ask('room:join', { roomId });
  return client;
};

test('whoever offers it gets the same frames, shorter, and may send them so; the others notice nothing', async () => {
  const roomId = await system.room(ann);
  const [plain, short, shortPacked] = await Promise.all([
    join(system.url, roomId, 'json', false),
    join(system.url, roomId, 'json', true),
    join(system.url, roomId, 'msgpack', true),
  ]);
  const all = [plain, short, shortPacked];
  expect(all.map(({ socket }) => socket.extensions)).toEqual(['', 'permessage-deflate', 'permessage-deflate']);
  short.send('message:new', { roomId, content: 'ahoy '.repeat(900) });
  shortPacked.send('message:new', { roomId, content: 'aye '.repeat(900) });
  for (const client of all) {
    await eventually(() => expect(client.of('message:saved')).toHaveLength(2));
    client.close();
    await client.closed();
  }
  expect(short.of('message:saved')).toEqual(plain.of('message:saved'));
  expect(shortPacked.of('message:saved')).toEqual(plain.of('message:saved'));
  expect(short.bytesRead()).toBeLessThan(plain.bytesRead() / 3);
});

test('what unpacks to far more than a frame may have is cut off, and costs nobody else anything', async () => {
  const client = await openRawSocket(system.url, 'permessage-deflate; client_no_context_takeover');
  const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  client.write(0xc1, bomb.subarray(0, 65_000));
  await eventually(() => expect(client.isGone()).toBe(true));
  const other = await openClient(system.url);
  await other.settled();
  other.close();
});

test('it is off by default', async () => {
  const own = await startGateway(testServers().natsUrl);
  const client = await openClient(own.url, { perMessageDeflate: true });
  expect(client.socket.extensions).toBe('');
  await client.settled();
  client.close();
  await own.close();
});
