import { join } from 'node:path';
import type { Binary } from './binary.ts';
import { ServersError } from './errors.ts';
import { findRedisServer } from './find-redis.ts';
import { ensureFolder } from './folders.ts';
import { freePort } from './free-port.ts';
import type { StartOptions } from './nats.ts';
import { stopLeftover } from './pid-file.ts';
import { type RunningServer, runServer } from './running-server.ts';
import { firstAnswer } from './tcp.ts';
import { withFreePort } from './with-free-port.ts';

const explain = (dataDir: string) => (output: readonly string[]) => {
  const reason = output.findLast((line) => / # |\*\*\*|error/i.test(line)) ?? output.at(-1) ?? 'it printed nothing';
  if (output.some((line) => /Address already in use/i.test(line))) {
    return new ServersError('PORT_TAKEN', `Redis could not listen: ${reason}`);
  }
  return new ServersError('START_FAILED', `Redis could not start in ${dataDir}: ${reason}`);
};

const startOn = async (binary: Binary, port: number, options: StartOptions): Promise<RunningServer> => {
  const { dataDir, onLine, signal } = options;
  await ensureFolder(dataDir);
  const pidFile = join(dataDir, 'redis.pid');
  return runServer({
    name: 'redis',
    url: `redis://127.0.0.1:${port}`,
    port,
    dataDir,
    pidFile,
    child: {
      command: binary.path,
      // Nothing is saved: Redis mirrors channels and counts requests, both of which a restart may forget
      args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--save', '', '--appendonly', 'no'],
      cwd: dataDir,
      env: { ...process.env, ...binary.env },
      deathSignal: 'SIGTERM',
      onLine,
    },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    prepare: async () => {
      await stopLeftover(pidFile, 'SIGTERM');
    },
    isReady: async () => (await firstAnswer(port, 'PING\r\n'))?.startsWith('+PONG') ?? false,
    explain: explain(dataDir),
    signal,
  });
};

/**
 * Starts redis-server in `dataDir`, on 127.0.0.1, without persistence.
 *
 * @throws {ServersError} BINARY_MISSING, DATA_UNUSABLE, PORT_TAKEN, START_FAILED
 */
export const startRedis = async (options: StartOptions): Promise<RunningServer> => {
  const binary = await findRedisServer({ log: options.log, signal: options.signal });
  return withFreePort(options.port, freePort, (port) => startOn(binary, port, options));
};
