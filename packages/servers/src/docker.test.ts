import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startWithDocker } from './docker.ts';
import { repository } from './folders.ts';

// No engine here: one that answers what the runtime client asks, and a `docker` command that notes how it was called.
// The client remembers the engine's address and that it found it, so there is one for all tests, and the test without it is first.
let engineIsUp = false;
const engine = createServer((request, response) => {
  if (engineIsUp) response.setHeader('content-type', 'application/json').end('{"OperatingSystem":"stand-in"}');
  else request.socket.destroy();
});
let folder: string;
beforeAll(() => new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve)));
afterAll(() => engine.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kuraxx-docker-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** @param up the exit code of `docker compose up` @param isUp whether the engine answers */
const useDocker = async (up: number, isUp = true): Promise<void> => {
  engineIsUp = isUp;
  const address = engine.address();
  if (address === null || typeof address === 'string') throw new Error('the engine has no port');
  await writeFile(
    join(folder, 'docker'),
    `#!/bin/sh
echo "$* [$BIND_ADDRESS $NATS_PORT $POSTGRES_PORT $REDIS_PORT $POSTGRES_PASSWORD]" >> "${folder}/calls"
case "$*" in
  *" up "*) [ ${up} = 0 ] || echo "no such image" >&2; exit ${up};;
  *" port nats "*) echo "127.0.0.1:$NATS_PORT";;
  *" port postgres "*) echo "127.0.0.1:$POSTGRES_PORT";;
esac
`,
  );
  await chmod(join(folder, 'docker'), 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH'] ?? ''}`);
  vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${address.port}`);
};
const calls = async (): Promise<string[]> => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
const dataDir = () => join(folder, 'data');

test('without an engine nothing is asked of the docker command', async () => {
  await useDocker(0, false);
  const names = ['nats'] as const;
  expect(await startWithDocker({ dataDir: dataDir(), names, log: () => {} })).toBeUndefined();
  expect(await calls().catch(() => [])).toEqual([]);
});

test('the servers that are needed are started on free ports, by the names of the compose file, and stopped', async () => {
  await useDocker(0);
  vi.stubEnv('BIND_ADDRESS', '0.0.0.0'); // not for servers without passwords
  const composed = await startWithDocker({ dataDir: dataDir(), names: ['nats', 'postgres'], log: () => {} });
  const seen = await calls();
  const [, project, natsPort, postgresPort, password] =
    /compose -p (kuraxx-\w+) -f \S+docker-compose.yml up -d --wait nats postgres \[127\.0\.0\.1 (\d+) (\d+) \d+ (\S+)\]/.exec(
      seen.find((call) => call.includes(' up ')) ?? '',
    ) ?? [];
  expect(composed?.urls).toEqual({
    nats: `nats://127.0.0.1:${natsPort}`,
    postgres: `postgres://kuraxx:${password}@127.0.0.1:${postgresPort}/kuraxx`,
  });
  await composed?.stop();
  expect((await calls()).at(-1)).toContain(`compose -p ${project} stop`);
  const again = await startWithDocker({ dataDir: dataDir(), names: ['postgres'], log: () => {} });
  expect(again?.urls.postgres).toContain(`kuraxx:${password}@`); // the volume knows no other
});

test('when compose fails, the reason is told, its containers are stopped, and others may try', async () => {
  await useDocker(1);
  const told: string[] = [];
  const names = ['nats'] as const;
  expect(await startWithDocker({ dataDir: dataDir(), names, log: (line) => told.push(line) })).toBeUndefined();
  expect(told.at(-1)).toBe('docker compose could not start them, so local binaries are used: no such image');
  expect((await calls()).at(-1)).toContain(' stop');
});

test('the compose file has what is asked of it', async () => {
  const file = await readFile(join(repository, 'docker-compose.yml'), 'utf8');
  for (const [name, port] of Object.entries({ NATS_PORT: 4222, POSTGRES_PORT: 5432, REDIS_PORT: 6379 })) {
    expect(file).toMatch(new RegExp(`\\$\\{BIND_ADDRESS:-127\\.0\\.0\\.1\\}:\\$\\{${name}:-\\d+\\}:${port}`));
  }
  expect(file).toMatch(/POSTGRES_USER: kuraxx\n\s+POSTGRES_PASSWORD: \$\{POSTGRES_PASSWORD:-/);
  expect(file).toMatch(/POSTGRES_DB: kuraxx/);
});
