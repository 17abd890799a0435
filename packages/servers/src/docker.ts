import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFolder, repository } from './folders.ts';
import { freePort } from './free-port.ts';
import { run } from './run.ts';
import type { ServerName } from './running-server.ts';

/** Servers that a Docker engine runs for us. */
export type Composed = {
  readonly urls: Partial<Record<ServerName, string>>;
  /** Stops the containers; their data stays in the project's volumes. */
  stop(): Promise<void>;
};

type Options = {
  readonly dataDir: string;
  readonly names: readonly ServerName[];
  readonly log: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
};

const upTimeoutMs = 600_000; // images may have to be pulled first
const containerPorts = { nats: 4222, postgres: 5432, redis: 6379 } as const;

/** Asks the engine itself: the docker command may be there without one. */
const hasEngine = async (): Promise<boolean> => {
  try {
    const { getContainerRuntimeClient } = await import('testcontainers');
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false; // how it says that there is none
  }
};

/** The project's name and the database's password belong together with the volumes, so they are kept in the data folder. */
const identity = async (dataDir: string): Promise<{ project: string; password: string }> => {
  await ensureFolder(dataDir);
  const file = join(dataDir, 'docker');
  const kept = await readFile(file, 'utf8').catch(() => ''); // the first time
  const [project, password] = kept.trim().split(' ');
  if (project && password) return { project, password };
  const made = {
    project: `kuraxx-${randomBytes(4).toString('hex')}`,
    password: randomBytes(24).toString('base64url'),
  };
  await writeFile(file, `${made.project} ${made.password}\n`, { mode: 0o600 });
  return made;
};

/**
 * Starts servers through the repository's docker-compose.yml when a Docker engine runs. The file publishes them on 127.0.0.1, on
 * the ports that NATS_PORT, POSTGRES_PORT and REDIS_PORT name (free ones are given here), with POSTGRES_PASSWORD for user `kuraxx`.
 *
 * @returns `undefined` when there is no engine, or compose could not do it (the reason is told to `log`)
 */
export const startWithDocker = async ({ dataDir, names, log, signal }: Options): Promise<Composed | undefined> => {
  if (!(await hasEngine())) return undefined;
  const { project, password } = await identity(dataDir);
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const env = {
    ...process.env,
    BIND_ADDRESS: '127.0.0.1', // whatever it says for a deployment: NATS and Redis have no password here
    NATS_PORT: String(ports[0]),
    POSTGRES_PORT: String(ports[1]),
    REDIS_PORT: String(ports[2]),
    POSTGRES_PASSWORD: password,
  };
  const compose = (...args: string[]) =>
    run('docker', ['compose', '-p', project, '-f', join(repository, 'docker-compose.yml'), ...args], {
      cwd: repository,
      env,
      timeoutMs: upTimeoutMs,
      signal,
    });
  const stop = async (): Promise<void> => {
    const { status, stderr } = await run('docker', ['compose', '-p', project, 'stop'], { cwd: repository });
    if (status !== 0) log(`the containers of ${project} could not be stopped: ${stderr.trim()}`);
  };
  log('starting them with Docker (docker compose up)');
  const up = await compose('up', '-d', '--wait', ...names);
  const urls: Partial<Record<ServerName, string>> = {};
  for (const name of names) {
    const { stdout } = await compose('port', name, String(containerPorts[name])); // "127.0.0.1:15432"
    const port = /:(\d+)\s*$/.exec(stdout)?.[1];
    const authority = name === 'postgres' ? `kuraxx:${password}@127.0.0.1` : '127.0.0.1';
    if (port) urls[name] = `${name}://${authority}:${port}${name === 'postgres' ? '/kuraxx' : ''}`;
  }
  if (up.status === 0 && names.every((name) => name in urls)) return { urls, stop };
  log(`docker compose could not start them, so local binaries are used: ${up.stderr.trim().split('\n').at(-1)}`);
  await stop();
  return undefined;
};
