import { randomUUID } from 'node:crypto';
import { openBulkAppend } from '@kuraxx/event-store';
import { firstSchema } from '@kuraxx/read-model';
import { readinessOf, readModelCheck } from '@kuraxx/runtime';
import { createTcpProxy, eventually, type FreshServer, freshPostgres } from '@kuraxx/testing';
import { jetstream } from '@nats-io/jetstream';
import { headers } from 'nats';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { lagCheck } from './checks.ts';
import { lagOf } from './metrics.ts';
import { startProjector } from './projector.fixture.ts';
import { openWorld, type World } from './world.fixture.ts';

let postgres: FreshServer;
let world: World;
beforeAll(async () => {
  postgres = await freshPostgres();
  world = await openWorld(postgres.url);
});
afterAll(async () => {
  await world.close();
  await postgres.remove();
});

const labels = (partition: string): string => `{schema="${firstSchema}",partition="${partition}"}`;

test('lag, latency, batches and what is parked are shown, and readiness tells what is late', async () => {
  const running = await startProjector(world, postgres.url);
  onTestFinished(() => running.stop());
  await running.projector.settled;
  const figures = async () => (await running.registry.metrics()).split('\n');
  const readiness = () =>
    readinessOf('running', [readModelCheck(() => world.model.serving(), true), lagCheck(running.lags)]);
  const room = await world.createRoom(0);
  await world.send(room, 5);
  await eventually(async () =>
    expect(await figures()).toEqual(
      expect.arrayContaining([
        `kuraxx_projection_seconds_count{schema="${firstSchema}"} 6`,
        `kuraxx_projection_batch_events_sum{schema="${firstSchema}"} 6`,
        `kuraxx_projection_lag_events${labels('0')} 0`,
        `kuraxx_projection_lag_seconds${labels('0')} 0`,
        `kuraxx_projection_active${labels('0')} 1`,
        `kuraxx_projection_parked${labels('0')} 0`,
        `kuraxx_read_model_serving{schema="${firstSchema}"} 1`,
      ]),
    ),
  );
  expect(await readiness()).toMatchObject({ ready: true, reasons: [] });

  const header = headers();
  header.set('ce-type', 'kuraxx.message.sent.v99');
  await jetstream(world.connection).publish(`kuraxx.room.0.${room}.msg`, '{}', { headers: header });
  await eventually(async () => expect(await figures()).toContain(`kuraxx_projection_parked${labels('0')} 1`));
  expect((await readiness()).reasons).toEqual([`projection: partition 0 of ${firstSchema}: 1 parked`]);

  await postgres.stop();
  const other = await world.createRoom(1);
  await world.send(other, 3);
  await eventually(async () => expect(await figures()).toContain(`kuraxx_projection_lag_events${labels('1')} 4`));
  await eventually(async () =>
    expect(await readiness()).toMatchObject({
      ready: false,
      reasons: [
        expect.stringContaining('read model: '),
        expect.stringMatching(/partition 1 of \w+: stalled, 4 events and \d+ s behind/),
      ],
    }),
  );
  await postgres.restart();
  await eventually(async () => expect(await figures()).toContain(`kuraxx_projection_lag_events${labels('1')} 0`), {
    timeoutMs: 20_000,
  });
});

test('one on standby that can not ask for the lock says nothing of partitions that another projects', async () => {
  const proxy = await createTcpProxy(postgres.url);
  const active = await startProjector(world, postgres.url);
  onTestFinished(() => active.stop());
  await active.projector.settled;
  const standby = await startProjector(world, proxy.url);
  onTestFinished(async () => {
    await standby.stop();
    await proxy.close();
  });
  await standby.projector.settled;
  await world.send(await world.createRoom(0), 1);
  proxy.cut();
  const failures = () => standby.logged.filter((line) => line.includes('can not ask for the lock'));
  await eventually(() => failures().length >= standby.projector.statuses().length);
  expect(await standby.registry.metrics()).not.toMatch(/^kuraxx_projection_(lag|active|parked)\w*{/m);
  expect(standby.projector.statuses().map(({ sequence }) => sequence)).not.toContainEqual(expect.any(Number));
  expect(standby.heard.size).toBe(0);
});

test('the lag is as old as the log has it, however long ago an imported event happened', async () => {
  const userId = randomUUID();
  const at = '2019-01-01T00:00:00.000Z';
  const bulk = await openBulkAppend(world.connection, world.log, { source: 'kuraxx/past' });
  const before = await world.log.head('accounts');
  const begun = Date.now();
  await bulk.add([
    {
      eventId: randomUUID(),
      subject: { kind: 'account', userId },
      event: { type: 'ProfileUpdated', data: { userId, displayName: 'Once', avatarUrl: null, at } },
      time: at,
    },
  ]);
  bulk.close();
  const { events, seconds } = await lagOf(world.log, 'accounts', before);
  expect(events).toBe(1);
  expect(seconds).toBeLessThanOrEqual((Date.now() - begun) / 1000);
});
