import { setTimeout as delay } from 'node:timers/promises';
import { newMessage } from '@kuraxx/domain';
import { createCheckpointWatch, openExistingLog } from '@kuraxx/event-store';
import { type Maintenance, openMaintenance } from '@kuraxx/read-model';
import { eventually } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { startCli } from './cli-process.fixture.ts';
import { type Life, startLife } from './life.fixture.ts';
import { createPerson, createRoom } from './person.fixture.ts';
import { type System, startTestSystem } from './system.fixture.ts';

// Two apis and a projector go on while the command line, a process of its own, builds the read model anew beside them.

const messages = 20_000;
const atOnce = 500;
const refused = 5;
const cancelled = 130;

let system: System;
let nats: NatsConnection;
let log: Awaited<ReturnType<typeof openExistingLog>>;
let maintenance: Maintenance;
let life: Life;

/** Enough that a rebuild takes its time: messages of somebody, past the api. */
const fill = async (): Promise<void> => {
  const somebody = await createPerson(system.apiUrl, 'filler');
  const { id: senderId, username } = somebody;
  const roomIds = await Promise.all(Array.from({ length: 8 }, () => createRoom(somebody)));
  const at = new Date().toISOString();
  const append = (number: number) => {
    const message = newMessage({
      messageId: crypto.randomUUID(),
      roomId: roomIds[number % roomIds.length] ?? '',
      content: `filled ${number}`,
      type: 'TEXT',
      sender: { id: senderId, username, displayName: username, avatarUrl: null, isOnline: false, lastSeenAt: null },
      replyTo: null,
      at,
    });
    return log.append(
      { kind: 'room', roomId: message.roomId, aspect: 'msg' },
      { type: 'MessageSent', data: { message } },
    );
  };
  for (let from = 0; from < messages; from += atOnce) {
    await Promise.all(Array.from({ length: atOnce }, (_, index) => append(from + index)));
  }
  const watch = createCheckpointWatch(nats);
  await eventually(
    async () => {
      for (const partition of log.partitions) {
        expect(watch.latest(partition)).toBeGreaterThanOrEqual(await log.head(partition));
      }
    },
    { timeoutMs: 60_000 },
  );
  watch.close();
};

beforeAll(async () => {
  system = await startTestSystem({ counts: { api: 2, gateway: 0, bridge: 0 }, env: { LOG_LEVEL: 'warn' } });
  nats = await connect({ servers: system.natsUrl });
  log = await openExistingLog({ nats, source: 'kuraxx/test' });
  maintenance = await openMaintenance(system.databaseUrl, log);
  await fill();
  life = await startLife(system, 4);
}, 300_000);
afterAll(async () => {
  await life?.stop();
  await maintenance?.close();
  await log?.close();
  await nats?.close();
  await system?.stop();
});

const projections = async (...args: string[]) => {
  const run = startCli(system, 'projections', ...args);
  return { ...(await run.ended), output: run.lines.join('\n') };
};
const lifeGoesOn = async (): Promise<void> => {
  const before = life.rounds();
  await eventually(() => expect(life.rounds()).toBeGreaterThan(before + 10), { timeoutMs: 60_000 });
  expect(life.problems).toEqual([]);
};
const rebuiltShape = z.object({
  outcome: z.literal('rebuilt'),
  resumed: z.boolean(),
  comparison: z.object({ equal: z.boolean() }),
  switched: z.object({ schema: z.string(), previous: z.string() }),
});

/** Starts a rebuild; one that was killed a moment ago may still hold its locks, until Postgres notices. */
const startRebuild = async () => {
  for (let attempt = 1; ; attempt++) {
    const run = startCli(system, 'projections', 'rebuild');
    await run.says('replaying');
    if (run.lines.length > 0 || attempt === 10) return run;
    expect(await run.ended).toMatchObject({ code: refused });
  }
};

test('a rebuild that is killed leaves what serves alone', async () => {
  const { serving } = await maintenance.status();
  for (const [phase, withinMs] of [
    ['replaying', 200],
    ['comparing', 0],
  ] as const) {
    const run = await startRebuild();
    await run.says(phase);
    const delayMs = Math.random() * withinMs;
    await delay(delayMs);
    run.signal('SIGKILL');
    expect((await run.ended).code, `killed while ${phase}, after ${delayMs} ms`).toBeNull();
    await lifeGoesOn();
    expect((await maintenance.status()).serving).toEqual(serving);
  }
}, 300_000);

test('rebuilt, switched and rolled back from the command line: two at once are refused, one that was cancelled goes on, and nobody notices', async () => {
  const first = await startRebuild();
  first.signal('SIGSTOP'); // it holds its locks and does nothing
  expect(await projections('rebuild')).toMatchObject({
    code: refused,
    stderr: expect.stringContaining('somebody else works on the read models'),
  });
  first.signal('SIGINT');
  first.signal('SIGCONT');
  expect((await first.ended).code).toBe(cancelled);
  const { serving, models } = await maintenance.status();
  expect({ serving: serving.schema, models }).toMatchObject({ serving: 'read_1', models: [{}, { state: 'building' }] });

  const whole = await projections('rebuild');
  const rebuilt = rebuiltShape.parse(JSON.parse(whole.output.split('\n').at(-1) ?? ''));
  expect({ code: whole.code, ...rebuilt }).toMatchObject({
    code: 0,
    resumed: true,
    comparison: { equal: true },
    switched: { schema: 'read_2', previous: 'read_1' },
  });
  await lifeGoesOn();
  expect(await projections('rollback')).toMatchObject({ code: 0 });
  expect((await maintenance.status()).serving.schema).toBe('read_1');
  await lifeGoesOn();
  const verified = await projections('verify', 'read_2');
  expect({ code: verified.code, ...z.object({ equal: z.boolean() }).parse(JSON.parse(verified.output)) }).toEqual({
    code: 0,
    equal: true,
  });
}, 300_000);
