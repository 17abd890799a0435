import { createTcpProxy, eventually, type FreshServer, freshNats, type TcpProxy } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './gateway.fixture.ts';

let server: FreshServer;
let proxy: TcpProxy;
let cutOff: TestGateway;
let steady: TestGateway;

beforeAll(async () => {
  server = await freshNats();
  proxy = await createTcpProxy(server.url);
  cutOff = await startGateway(proxy.url, { limits: { requestTimeoutMs: 1_000 } });
  steady = await startGateway(server.url);
});
afterAll(async () => {
  proxy.resume();
  await Promise.all([cutOff.close(), steady.close()]);
  await proxy.close();
  await server.remove();
});

test('with NATS away sockets stay, sends are refused in time, and what was missed comes with its return', async () => {
  const [ann, bob] = [await cutOff.person('ann'), await cutOff.person('bob')];
  const roomId = await cutOff.room(ann, bob);
  const client = await cutOff.signIn(ann, roomId);
  const say = (content: string) =>
    steady.commands.messages.send({ senderId: bob.userId, roomId, content, type: 'TEXT' });
  await say('before');
  await client.next('message:saved');

  proxy.cut();
  const refused = await client.ask('message:new', { roomId, content: 'lost?' });
  expect(refused).toMatchObject({ type: 'error', payload: { code: 'SERVICE_UNAVAILABLE' } });
  await say('missed 1');
  await say('missed 2');
  expect(client.closeCode()).toBeUndefined();

  proxy.resume();
  await client.next('message:saved', ({ payload }) => payload.message.content === 'missed 2', 10_000);
  await eventually(async () => {
    client.send('message:new', { roomId, content: 'back', tempId: 'back' });
    await client.next('message:saved', ({ payload }) => payload.message.content === 'back', 500);
  });
  const saved = client.of('message:saved').map(({ payload }) => payload.message.content);
  expect(saved.slice(0, 3)).toEqual(['before', 'missed 1', 'missed 2']);
  client.close();
});

test('with the network stuck a send is refused in time', async () => {
  const ann = await cutOff.person('ann');
  const roomId = await cutOff.room(ann);
  const client = await cutOff.signIn(ann, roomId);
  proxy.pause();
  const began = Date.now();
  const refused = await client.ask('message:new', { roomId, content: 'stuck' });
  expect(refused).toMatchObject({ payload: { code: 'SERVICE_UNAVAILABLE' } });
  expect(Date.now() - began).toBeLessThan(3_000);
  proxy.resume();
  client.close();
});
