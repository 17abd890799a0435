import { App } from 'uWebSockets.js';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Audience, createAudience } from './audience.ts';
import { createCounts } from './counts.ts';
import { type Listening, listen } from './listen.ts';
import { createSession, type Session, type SocketData } from './session.ts';

const app = App();
const sessions: Session[] = [];
let listening: Listening;

beforeAll(async () => {
  app.ws<SocketData>('/*', { open: (ws) => void sessions.push(createSession(ws, '192.0.2.1', 0)) });
  listening = await listen(app, { host: '127.0.0.1', port: 0, sharing: 'none' });
});
afterAll(() => void app.close());

const reader = async (audience: Audience, userId: string): Promise<{ session: Session; got: string[] }> => {
  const count = sessions.length;
  const socket = new WebSocket(`ws://127.0.0.1:${listening.port}`);
  const got: string[] = [];
  socket.on('message', (data: Buffer) => got.push(data.toString()));
  const session = await eventually(() => {
    const opened = sessions[count];
    if (opened === undefined) throw new Error('not open');
    return opened;
  });
  audience.add(session, userId);
  return { session, got };
};

test('who leaves gets all that was published before and nothing of what comes after', async () => {
  const audience = createAudience(app, 'cut', { everyBytes: 1_000, look: () => undefined }, createCounts());
  const leaver = await reader(audience, 'ann');
  const stayer = await reader(audience, 'bob');
  audience.publish('before');
  audience.remove(leaver.session);
  audience.publish('after');
  leaver.session.send('end');
  await eventually(() => expect(stayer.got).toEqual(['before', 'after']));
  await eventually(() => expect(leaver.got).toEqual(['before', 'end']));
});

test('a direct send stands where it was called between published frames', async () => {
  const audience = createAudience(app, 'order', { everyBytes: 1_000, look: () => undefined }, createCounts());
  const { session, got } = await reader(audience, 'ann');
  audience.publish('1');
  session.send('2');
  audience.publish(Buffer.from('3'));
  session.send('4');
  await eventually(() => expect(got).toEqual(['1', '2', '3', '4']));
});

test('all but one user get a frame, and the order holds for them too', async () => {
  const audience = createAudience(app, 'except', { everyBytes: 1_000, look: () => undefined }, createCounts());
  const ann = await reader(audience, 'ann');
  const annToo = await reader(audience, 'ann');
  const bob = await reader(audience, 'bob');
  audience.publish('1');
  audience.publishExcept('ann', '2');
  audience.publish('3');
  for (const { got } of [ann, annToo]) await eventually(() => expect(got).toEqual(['1', '3']));
  await eventually(() => expect(bob.got).toEqual(['1', '2', '3']));
});
