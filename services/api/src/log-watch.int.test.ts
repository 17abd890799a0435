import { setTimeout as delay } from 'node:timers/promises';
import { createTcpProxy, freshNats } from '@kuraxx/testing';
import { connect } from 'nats';
import { expect, test } from 'vitest';
import { watchLogConnection } from './log-watch.ts';

test('a busy process does not take its own delay for silence of the log; a stuck network it does', async () => {
  const server = await freshNats();
  const proxy = await createTcpProxy(server.url);
  const nats = await connect({ servers: proxy.url });
  const isLogAway = watchLogConnection(nats);
  expect(await isLogAway()).toBe(false);

  const asked = isLogAway();
  await delay(20); // the ping is out
  const busyUntil = Date.now() + 1_500;
  while (Date.now() < busyUntil); // longer than a ping may take
  expect(await asked).toBe(false);

  proxy.pause();
  expect(await isLogAway()).toBe(true);
  proxy.resume();
  await nats.close();
  await proxy.close();
  await server.remove();
});
