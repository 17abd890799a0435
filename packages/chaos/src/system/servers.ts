import { setTimeout as delay } from 'node:timers/promises';
import { type RunningServer, startNats, startPostgres, startRedis } from '@kuraxx/servers';
import type { ServerName } from '../plan/shape.ts';

export type Servers = Readonly<Record<ServerName, RunningServer>>;

/** NATS, Postgres and Redis of our own, whatever the environment names. @throws {ServersError} nothing is left running then */
export const startServers = async (
  folder: string,
  onLine: (name: ServerName, line: string) => void,
): Promise<Servers> => {
  const options = (name: ServerName) => ({
    dataDir: `${folder}/${name}`,
    onLine: (line: string) => onLine(name, line),
  });
  const started = await Promise.allSettled([
    startNats(options('nats')),
    // not durable: what is killed is the process, not the machine, and two cores have better things to do
    startPostgres({ ...options('postgres'), durable: false }),
    startRedis(options('redis')),
  ]);
  const [nats, postgres, redis] = started;
  if (nats.status === 'fulfilled' && postgres.status === 'fulfilled' && redis.status === 'fulfilled') {
    return { nats: nats.value, postgres: postgres.value, redis: redis.value };
  }
  await Promise.all(started.map(async (one) => one.status === 'fulfilled' && (await one.value.stop())));
  throw started.find((one) => one.status === 'rejected')?.reason;
};

const bringUpTries = 10;
const bringUpPauseMs = 500;

/** Starts a server that was stopped or killed. After kill -9 it may need a moment before it can be. @throws {ServersError} */
export const bringUp = async (server: RunningServer): Promise<void> => {
  for (let tries = 1; server.pid === undefined; tries++) {
    try {
      await server.restart();
    } catch (error) {
      if (tries === bringUpTries) throw error;
      await delay(bringUpPauseMs);
    }
  }
};
