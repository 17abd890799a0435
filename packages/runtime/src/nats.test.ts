import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from 'nats';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { connectNats } from './nats.ts';
import { createNatsLink } from './nats-link.ts';
import { natsCheck } from './operations/standard-checks.ts';

/** As much of a NATS server as signing in takes; it lets in who shows what it `accepts` now. */
const startDoor = async (accepts: string) => {
  const state = { accepts, attempts: 0 };
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(
      'INFO {"server_id":"door","version":"2.10.0","auth_required":true,"headers":true,"max_payload":1024}\r\n',
    );
    socket.on('data', (data) => {
      const text = data.toString();
      if (text.includes('CONNECT')) {
        state.attempts += 1;
        if (!text.includes(state.accepts)) {
          socket.end("-ERR 'Authorization Violation'\r\n");
          return;
        }
      }
      if (text.includes('PING')) socket.write('PONG\r\n');
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return Object.assign(state, { url: `nats://127.0.0.1:${port}` });
};

const listen = () => {
  const lines: { readonly level: number; readonly message?: string | undefined }[] = [];
  const line = z.object({ level: z.number(), err: z.object({ message: z.string() }).optional() });
  const write = (text: string): void => {
    const { level, err } = line.parse(JSON.parse(text));
    lines.push({ level, message: err?.message });
  };
  return { lines, logger: pino({ level: 'info' }, { write }) };
};

test('a password that NATS refuses is warned of once, told by the check, and tried until it is right', async () => {
  const door = await startDoor('"pass":"old"');
  const { lines, logger } = listen();
  const link = createNatsLink(logger);
  const check = natsCheck(link);
  expect(await check.run()).toBe('not connected yet');
  const connecting = connectNats({ url: door.url, user: 'api', password: 'new' }, 'api', link, logger);
  await vi.waitUntil(() => door.attempts >= 3, { timeout: 10_000 });
  expect(await check.run()).toBe('no connection: Authorization Violation');
  expect(lines).toEqual([{ level: 40, message: 'Authorization Violation' }]);
  door.accepts = '"pass":"new"';
  const connection = await connecting;
  onTestFinished(() => connection.close());
  expect(await check.run()).toBeUndefined();
});

test('a file of credentials that is not there is named, and read when it is', async () => {
  const door = await startDoor('"jwt":"a.b.c"');
  const { lines, logger } = listen();
  const link = createNatsLink(logger);
  const folder = await mkdtemp(join(tmpdir(), 'creds-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const credsPath = join(folder, 'api.creds');
  const connecting = connectNats({ url: door.url, credsPath }, 'api', link, logger);
  await vi.waitUntil(() => lines.length > 0, { timeout: 10_000 });
  expect(link.trouble()).toContain('no such file');
  const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
  const part = (name: string, value: string): string => `-----BEGIN ${name}-----
${value}
------END ${name}------
`;
  await writeFile(credsPath, part('NATS USER JWT', 'a.b.c') + part('USER NKEY SEED', seed));
  const connection = await connecting;
  onTestFinished(() => connection.close());
  expect(link.trouble()).toBeUndefined();
  expect(lines).toHaveLength(1);
});

test('what goes on is logged once a minute, and anew after NATS was there', () => {
  let nowMs = 0;
  const { lines, logger } = listen();
  const link = createNatsLink(logger, () => nowMs);
  const failAt = (atMs: number): number => {
    nowMs = atMs;
    link.failed(new Error('refused'));
    return lines.length;
  };
  expect([0, 750, 59_999, 60_000, 119_999, 120_000].map(failAt)).toEqual([1, 1, 1, 2, 2, 3]);
});
