import { once } from 'node:events';
import { eventually, testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from './client.fixture.ts';
import { startGateway, type TestGateway } from './gateway.fixture.ts';
import { openRawSocket } from './raw-socket.fixture.ts';

const heartbeatIntervalMs = 500;
let system: TestGateway;

beforeAll(async () => {
  const heartbeat = { heartbeatIntervalMs, heartbeatTimeoutMs: 1_000 };
  system = await startGateway(testServers().natsUrl, {
    heartbeat,
    limits: { authenticationTimeoutMs: 600_000, sweepIntervalMs: 20 },
  });
});
afterAll(() => system.close());

test('a socket is pinged once an interval, quiet or not', async () => {
  const client = await openClient(system.url);
  const openedAt = performance.now();
  for (let pings = 1; pings <= 4; pings++) {
    await once(client.socket, 'ping');
    // Never early; how late is the machine's affair
    expect(performance.now() - openedAt).toBeGreaterThan((pings - 0.5) * heartbeatIntervalMs);
    if (pings % 2 === 0) await client.settled();
  }
  client.close();
});

test('a socket that answers no ping is closed, one that does is not', async () => {
  const mute = await openRawSocket(system.url);
  const client = await openClient(system.url);
  await eventually(() => mute.isGone(), { timeoutMs: 60_000 });
  await client.settled();
  client.close();
});
