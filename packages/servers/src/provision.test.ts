import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startChild } from './child.ts';
import { identityOf } from './process-identity.ts';
import { provision } from './provision.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'kuraxx-provision-'));
  await chmod(dataDir, 0o755);
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('what the environment names is used as it is, and an empty variable counts as unset', async () => {
  const servers = await provision({
    dataDir,
    env: {
      NATS_URL: 'nats://one:1',
      DATABASE_URL: 'postgres://two:2/x',
      REDIS_URL: '',
      REDIS_HOST: 'three',
      REDIS_PORT: '3',
      REDIS_PASSWORD: 'p/w',
    },
  });
  expect(servers).toMatchObject({
    nats: { origin: 'environment', url: 'nats://one:1' },
    postgres: { origin: 'environment', url: 'postgres://two:2/x' },
    redis: { origin: 'environment', url: 'redis://:p%2Fw@three:3' },
  });
  await servers.stop();
});

test('when one server cannot be had, the others are stopped and its message is thrown', async () => {
  await writeFile(join(dataDir, 'postgres'), 'not a folder');
  const lines: string[] = [];
  const env = { REDIS_URL: 'redis://elsewhere:1' };
  await expect(
    provision({ dataDir, env, onLine: (name, line) => lines.push(`${name} ${line}`) }),
  ).rejects.toMatchObject({
    code: 'DATA_UNUSABLE',
    message: expect.stringContaining(join(dataDir, 'postgres')),
  });
  expect(lines.join('\n')).toMatch(/nats .*Server is ready[\s\S]*nats .*Server Exiting/);
});

test('giving up while they start leaves nothing running', async () => {
  const giveUp = new AbortController();
  const starting = provision({ dataDir, env: {}, signal: giveUp.signal });
  giveUp.abort();
  await expect(starting).rejects.toMatchObject({ code: 'STOPPED' });
});

test.runIf(process.platform === 'linux')('a child ends when its parent is killed', async () => {
  // The parent starts a child of its own through the same function, says its id, and dies
  const script = `
    import { startChild } from ${JSON.stringify(new URL('./child.ts', import.meta.url).href)};
    const { pid } = await startChild({ command: 'sleep', args: ['60'], cwd: '/', deathSignal: 'SIGTERM' });
    console.log('pid ' + pid);
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
  `;
  const args = ['--conditions=source', '--input-type=module', '-e', script];
  const parent = await startChild({ command: process.execPath, args, cwd: dataDir, deathSignal: 'SIGTERM' });
  await parent.exited;
  const pid = Number(/pid (\d+)/.exec(parent.output().join('\n'))?.[1]);
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => identityOf(pid)).toBeUndefined(); // also when nobody reaps it
});
