import { randomUUID } from 'node:crypto';
import { openBucket, openEventLog } from '@kuraxx/event-store';
import { eventually, testServers } from '@kuraxx/testing';
import { connect } from 'nats';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { openPosition, Superseded } from './position.ts';

const logger = pino({ level: 'silent' });
const once = (work: () => Promise<void>) => work();

/** A position over a connection of its own. */
const open = async (bucketName: string) => {
  const nats = await connect({ servers: testServers().natsUrl });
  const log = await openEventLog({ nats, source: 'kuraxx/test' });
  const positions = await openBucket(nats, bucketName);
  onTestFinished(async () => {
    await log.close();
    await nats.close();
  });
  return { nats, position: await openPosition(0, { log, positions, logger }, once) };
};

test('who was superseded says so to the end, also when NATS is away by then', async () => {
  const bucket = `TEST_${randomUUID().replaceAll('-', '_')}`;
  const [one, other] = [await open(bucket), await open(bucket)];
  await other.position.reached(5);
  await expect(one.position.reached(3)).rejects.toThrow(Superseded);
  await one.nats.close();
  await expect(one.position.close()).rejects.toThrow(Superseded);
});

test('what was reached soon after a store is stored later, or at the end', async () => {
  const bucket = `TEST_${randomUUID().replaceAll('-', '_')}`;
  const { nats, position } = await open(bucket);
  const stored = await openBucket(nats, bucket);
  const sequence = async () => (await stored.get('position.0'))?.json<{ sequence: number }>().sequence;
  await position.reached(1);
  await position.reached(2);
  await eventually(async () => expect(await sequence()).toBe(2));
  await position.reached(3);
  await position.reached(4);
  await position.close();
  expect(await sequence()).toBe(4);
});
