import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  announceCheckpoint,
  openBucket,
  openEventLog,
  openLogCopy,
  openLogRestore,
  type RawEvent,
} from '@kuraxx/event-store';
import { type FreshServer, freshNats, type TempFolder, tempFolder } from '@kuraxx/testing';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../cli.fixture.ts';
import { exitCodes } from '../frame/exit-codes.ts';

const at = '2031-02-03T04:05:06.789Z';
const servers: FreshServer[] = [];
const connections: NatsConnection[] = [];
let folder: TempFolder;
let file: string;
let source: NatsConnection;
let sourceEnv: NodeJS.ProcessEnv;

const freshServer = async () => {
  const server = await freshNats();
  const nats = await connect({ servers: server.url });
  servers.push(server);
  connections.push(nats);
  return { nats, env: { NATS_URL: server.url } };
};
const rawEvents = async (nats: NatsConnection): Promise<RawEvent[]> => {
  const events: RawEvent[] = [];
  for await (const event of (await openLogCopy(nats)).events()) events.push(event);
  return events;
};

beforeAll(async () => {
  folder = await tempFolder('transfer');
  file = join(folder.path, 'log.ndjson');
  const { nats, env } = await freshServer();
  [source, sourceEnv] = [nats, env];
  const log = await openEventLog({ nats, roomPartitions: 2, source: 'kuraxx/test' });
  for (let index = 0; index < 40; index++) {
    const userId = randomUUID();
    const registered = { userId, username: `u${index}`, displayName: 'Ünï ☃ "\\', at };
    await log.append({ kind: 'account', userId }, { type: 'UserRegistered', data: registered });
    const roomId = randomUUID();
    await log.append(
      { kind: 'room', roomId, aspect: 'meta' },
      { type: 'RoomDeleted', data: { roomId, by: userId, at } },
      { via: 'ws' },
    );
  }
  // what a copy must keep as well: holes, and data that another writer has written in another way or that is no JSON
  const manager = await jetstreamManager(nats);
  for (const sequence of [1, 17, 18]) await manager.streams.deleteMessage('KURAXX_ACCOUNTS', sequence);
  const [roomId, subject] = [randomUUID(), (text: string) => `kuraxx.room.${log.partitionOf(text)}.${text}.msg`];
  nats.publish(subject(roomId), Buffer.from('{ "spaced" : 1.0 }'));
  nats.publish(subject(roomId), Buffer.from([0xff, 0x00, 0xfe]));
  await nats.flush();
  await log.close();
  const names = await openBucket(nats, 'KURAXX_NAMES');
  await names.put('username.mira', '{"userId":"m"}');
});
afterAll(async () => {
  for (const nats of connections) await nats.close();
  for (const server of servers) await server.remove();
  await folder.remove();
});

test('an import is the same log to the byte, position by position, holes and secrets included', async () => {
  const exported = await cli(sourceEnv, 'events', 'export', '--secrets', '--output', file);
  expect(exported).toMatchObject({ code: 0 });
  const { nats, env } = await freshServer();
  const imported = await cli(env, 'events', 'import', file);
  expect([imported.code, imported.stderr]).toEqual([0, expect.any(String)]);

  expect(await rawEvents(nats)).toEqual(await rawEvents(source));
  expect((await openLogCopy(nats)).identity).toEqual((await openLogCopy(source)).identity);
  expect((await (await openBucket(nats, 'KURAXX_NAMES')).get('username.mira'))?.string()).toBe('{"userId":"m"}');
  const log = await openEventLog({ nats, roomPartitions: 2, source: 'kuraxx/test' }); // and services find it as they left it
  const appended = await log.append(
    { kind: 'account', userId: 'next' },
    { type: 'UserRegistered', data: { userId: 'next', username: 'next', displayName: 'Next', at } },
  );
  expect(appended.position.sequence).toBe(41);
  await log.close();
});

test('without --secrets none leaves the system', async () => {
  const { stdout } = await cli(sourceEnv, 'events', 'export');
  expect(stdout).not.toContain('username.mira');
  expect(stdout).toContain('"specversion":"1.0"');
});

test.each([
  ['is a folder', () => tmpdir(), 'EISDIR'],
  ['is full', () => '/dev/full', 'ENOSPC'],
])('a target that %s is said without a stack', async (_what, target, reason) => {
  const { code, stderr } = await cli(sourceEnv, 'events', 'export', '-o', target());
  expect(code).toBe(exitCodes.failed.code);
  expect(stderr).toContain(reason);
  expect(stderr).not.toContain('    at ');
});

test('a flipped, missing or cut line is found and named, and nothing is stored', async () => {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const { nats, env } = await freshServer();
  const broken: [string[], RegExp][] = [
    [lines.with(9, (lines[9] ?? '').replace('Ünï', 'Unï')), /line 10 was changed/],
    [lines.toSpliced(4, 1), /line 5 was changed, or a line before it is missing/],
    [lines.slice(0, -1), /without its last line/],
  ];
  for (const [content, message] of broken) {
    const bad = join(folder.path, 'bad.ndjson');
    await writeFile(bad, `${content.join('\n')}\n`);
    const { code, stderr } = await cli(env, 'events', 'import', bad);
    expect(code).toBe(exitCodes.unsound.code);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^kuraxx: /m); // in a line of its own, below the progress
    await expect(openLogCopy(nats)).rejects.toThrow('no KuraXX log');
  }
  expect((await cli(env, 'events', 'import', file, '--check')).code).toBe(0);
});

test('an import that was cut off goes on where it was', async () => {
  const { nats, env } = await freshServer();
  const all = await rawEvents(source);
  const restore = await openLogRestore(nats, (await openLogCopy(source)).identity);
  await restore.add(all.slice(0, 25));
  restore.close();
  expect((await cli(env, 'events', 'import', file)).code).toBe(0);
  expect(await rawEvents(nats)).toEqual(all);
});

test('a system with events of its own, and one whose services run, are left alone', async () => {
  const { nats, env } = await freshServer();
  const log = await openEventLog({ nats, roomPartitions: 2, source: 'kuraxx/test' });
  const speaking = setInterval(
    () => announceCheckpoint(nats, 0, { epoch: log.epochOf(0), sequence: 0, stalled: false }),
    200,
  );
  const busy = await cli(env, 'events', 'import', file);
  clearInterval(speaking);
  expect(busy).toMatchObject({ code: exitCodes.refused.code, stderr: expect.stringContaining('stop them first') });

  const userId = randomUUID();
  await log.append(
    { kind: 'account', userId },
    { type: 'UserRegistered', data: { userId, username: 'x', displayName: 'X', at } },
  );
  const full = await cli(env, 'events', 'import', file);
  expect(full).toMatchObject({
    code: exitCodes.refused.code,
    stderr: expect.stringContaining('events of another log'),
  });
  await log.close();
});
