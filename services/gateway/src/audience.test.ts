import { App } from 'uWebSockets.js';
import type { FrameEncoding } from '@kuraxx/contracts';
import { eventually } from '@kuraxx/testing';
import { decode } from '@msgpack/msgpack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Audience, createAudience } from './audience.ts';
import { createCounts } from './counts.ts';
import { type Listening, listen } from './listen.ts';
import { sessionOf } from './session.fixture.ts';
import { createSession, type Session, type SocketData } from './session.ts';

const app = App();
const sessions: Session[] = [];
let encoding: FrameEncoding = 'json';
let listening: Listening;

beforeAll(async () => {
  app.ws<SocketData>('/*', {
    open: (ws) => void sessions.push(createSession(ws, { address: '192.0.2.1', encoding }, 0)),
  });
  listening = await listen(app, { host: '127.0.0.1', port: 0, sharing: 'none' });
});
afterAll(() => void app.close());

const slow = { everyBytes: 1_000, look: () => undefined };
const reader = async (
  audience: Audience,
  userId: string,
  how: FrameEncoding,
): Promise<{ session: Session; got: unknown[] }> => {
  const count = sessions.length;
  encoding = how;
  const socket = new WebSocket(`ws://127.0.0.1:${listening.port}`);
  const got: unknown[] = [];
  socket.on('message', (data: Buffer, isBinary: boolean) =>
    got.push(isBinary ? decode(data) : JSON.parse(data.toString())),
  );
  const session = await eventually(() => {
    const opened = sessions[count];
    if (opened === undefined) throw new Error('not open');
    return opened;
  });
  audience.add(session, userId);
  return { session, got };
};

describe.each<[FrameEncoding, FrameEncoding]>([
  ['json', 'json'],
  ['msgpack', 'msgpack'],
  ['json', 'msgpack'],
  ['msgpack', 'json'],
])('%s beside %s', (one, other) => {
  test('who leaves gets all that was published before and nothing of what comes after', async () => {
    const audience = createAudience(app, `cut ${one} ${other}`, slow, createCounts());
    const leaver = await reader(audience, 'ann', one);
    const stayer = await reader(audience, 'bob', other);
    audience.publish('"before"');
    audience.remove(leaver.session);
    audience.publish('"after"');
    leaver.session.send('"end"');
    await eventually(() => expect(stayer.got).toEqual(['before', 'after']));
    await eventually(() => expect(leaver.got).toEqual(['before', 'end']));
  });

  test('a direct send stands where it was called between published frames', async () => {
    const audience = createAudience(app, `order ${one} ${other}`, slow, createCounts());
    const readers = [await reader(audience, 'ann', one), await reader(audience, 'bob', other)];
    audience.publish('1');
    for (const { session } of readers) session.send('2');
    audience.publish(Buffer.from('3'));
    for (const { session } of readers) session.send('4');
    for (const { got } of readers) await eventually(() => expect(got).toEqual([1, 2, 3, 4]));
  });

  test('all but one user get a frame, and the order holds for them too', async () => {
    const audience = createAudience(app, `except ${one} ${other}`, slow, createCounts());
    const ann = await reader(audience, 'ann', one);
    const annToo = await reader(audience, 'ann', other);
    const bob = await reader(audience, 'bob', one);
    audience.publish('1');
    audience.publishExcept('ann', '2');
    audience.publish('3');
    for (const { got } of [ann, annToo]) await eventually(() => expect(got).toEqual([1, 3]));
    await eventually(() => expect(bob.got).toEqual([1, 2, 3]));
  });
});

test('frames are packed and published a second time only while somebody reads them so', () => {
  const published: unknown[] = [];
  const recorder = {
    publish(_topic: string, frame: unknown, isBinary?: boolean) {
      published.push(isBinary === true && frame instanceof Uint8Array ? decode(frame) : frame);
      return true;
    },
  };
  const audience = createAudience(recorder, 'room', slow, createCounts());
  const [plain, packed] = [sessionOf(), sessionOf({ encoding: 'msgpack' })];
  audience.add(plain, 'ann');
  audience.publish('1');
  audience.add(packed, 'ann');
  audience.add(packed, 'ann');
  audience.publish('2');
  audience.remove(packed);
  audience.remove(packed);
  audience.publish('3');
  expect(published).toEqual(['1', '2', 2, '3']);
});

test('in a large room that is busy frames go out together, and before whatever is to come behind them', async () => {
  const published: unknown[] = [];
  const recorder = { publish: (_topic: string, frame: unknown) => published.push(frame) > 0 };
  const audience = createAudience(recorder, 'crowd', slow, createCounts());
  const crowd = Array.from({ length: 300 }, () => sessionOf());
  for (const session of crowd) audience.add(session, 'ann');
  const [leaver = sessionOf()] = crowd;
  const before: unknown[][] = [];
  const note = (work: () => void): void => {
    work();
    before.push([...published]);
  };
  for (const frame of ['1', '2', '3']) audience.publish(frame);
  expect(published).toEqual(['1']);
  note(() => audience.remove(leaver));
  audience.publish('4');
  note(() => audience.add(leaver, 'ann'));
  audience.publish('5');
  note(() => audience.publishExcept('bob', 'x'));
  audience.publish('6');
  note(() => audience.flush());
  expect(before.map((frames) => frames.join(''))).toEqual(['123', '1234', '12345x', '12345x6']);
  audience.publish('7');
  await eventually(() => expect(published.join('')).toBe('12345x67'));
});
