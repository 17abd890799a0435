import { eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { announceCheckpoint, createCheckpointWatch } from './checkpoints.ts';
import type { CheckpointWatch } from './ports.ts';

let server: FreshServer;
let nats: NatsConnection;
let watch: CheckpointWatch;
const at = (sequence: number) => ({ epoch: 'e1', partition: 2, sequence });
const announce = (sequence: number, stalled = false, epoch = 'e1') =>
  announceCheckpoint(nats, 2, { epoch, sequence, stalled });
const heard = (sequence: number) => eventually(() => expect(watch.latest(2)).toBe(sequence));

beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url });
});
beforeEach(() => {
  watch = createCheckpointWatch(nats);
});
afterEach(() => watch.close());
afterAll(async () => {
  await nats?.close();
  await server?.remove();
});

test('who waits is told as soon as the projection is there', async () => {
  announce(6);
  await heard(6);
  const wait = watch.waitFor(at(7), 5000);
  const begun = performance.now();
  announce(8);
  expect(await wait).toBe(true);
  expect(performance.now() - begun).toBeLessThan(1000);
  expect(await watch.waitFor(at(8), 5000)).toBe(true);
});

test('a projection of another log or another partition does not count', async () => {
  announce(100, false, 'e0');
  await heard(100);
  expect(await watch.waitFor(at(1), 200)).toBe(false);
  expect(watch.latest('accounts')).toBeUndefined();
});

test('nobody waits for a projection that is stalled', async () => {
  const wait = watch.waitFor(at(7), 60_000);
  announce(5, true);
  expect(await wait).toBe(false);
  const begun = performance.now();
  expect(await watch.waitFor(at(7), 60_000)).toBe(false);
  expect(performance.now() - begun).toBeLessThan(100);
});

test('nobody waits for a projection that is silent', async () => {
  announce(5);
  await heard(5);
  const begun = performance.now();
  expect(await watch.waitFor(at(7), 60_000)).toBe(false);
  expect(performance.now() - begun).toBeLessThan(5000);
});

test('rubbish on the subject is let go', async () => {
  nats.publish('kuraxx.checkpoint.2', 'no JSON');
  nats.publish('kuraxx.checkpoint.2', '{"sequence":"9"}');
  announce(3);
  await heard(3);
});

test('closing lets go of everybody who waits, and of who comes later', async () => {
  const wait = watch.waitFor(at(7), 60_000);
  watch.close();
  expect(await wait).toBe(false);
  expect(await watch.waitFor(at(7), 60_000)).toBe(false);
});
