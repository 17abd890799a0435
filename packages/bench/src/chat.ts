import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Commands, createCommands } from '@kuraxx/commands';
import { createCheckpointWatch, type EventLog, openEventLog } from '@kuraxx/event-store';
import { type System, startSystem } from '@kuraxx/launcher';
import { connect, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { cpuSeconds } from './usage.ts';

export type BenchUser = { readonly userId: string; readonly token: string };

/** A system of ours with users, and commands in this process to furnish it without a detour over HTTP. */
export type Chat = {
  readonly system: System;
  readonly nats: NatsConnection;
  readonly log: EventLog;
  readonly commands: Commands;
  readonly users: readonly BenchUser[];
  readonly jwtSecret: string;
  /** Opens a room with these users. @returns its id */
  openRoom(members: readonly BenchUser[]): Promise<string>;
  /** @throws {Error} when no such process is running */
  pid(name: string): number;
  /**
   * Resolves when the services have nothing left to do: what was sent before is projected and mirrored, so that it isn't measured with what comes.
   *
   * @throws {Error} when that takes more than two minutes
   */
  quiet(): Promise<void>;
  stop(): Promise<void>;
};

const jobsAtOnce = 64;

/** Runs the jobs, some side by side, and keeps their order. */
export const inParallel = async <T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  atOnce = jobsAtOnce,
): Promise<R[]> => {
  const results: R[] = [];
  const queue = items.entries(); // shared: each job is taken once
  const run = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: atOnce }, run));
  return results;
};

/** Limits against abuse would be what is measured: all load comes from one address. */
const env = { RATE_LIMIT_ENABLED: 'false', LOG_LEVEL: 'warn', JWT_ACCESS_EXPIRY: '6h' };
/** The least that bcrypt takes: passwords aren't what is measured. */
const bcryptRounds = 4;

const quietWithinMs = 120_000;
const quietSampleMs = 300;
/** Of a core, all together: timers and heartbeats take less. */
const quietShare = 0.2;

const untilQuiet = async (pids: () => readonly number[]): Promise<void> => {
  const used = async (): Promise<number> =>
    (await Promise.all(pids().map(cpuSeconds))).reduce((sum, seconds) => sum + seconds, 0);
  for (const deadline = Date.now() + quietWithinMs; Date.now() < deadline; ) {
    const before = await used();
    await delay(quietSampleMs);
    if ((await used()) - before < (quietSampleMs / 1000) * quietShare) return;
  }
  throw new Error(`the system is still busy after ${quietWithinMs / 1000} s`);
};

/** Starts one process of each service (and an own NATS, Postgres and Redis), and registers users. */
export const startChat = async (userCount: number, more: Readonly<Record<string, string>> = {}): Promise<Chat> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kuraxx-bench-'));
  const jwtSecret = randomBytes(32).toString('hex');
  const system = await startSystem({ dataDir, env: { ...env, ...more, JWT_SECRET: jwtSecret } });
  const nats = await connect({ servers: system.natsUrl });
  const log = await openEventLog({ nats, source: 'kuraxx/bench' });
  const checkpoints = createCheckpointWatch(nats);
  const commands = await createCommands({
    nats,
    log,
    checkpoints,
    findMessages: async () => new Map(),
    findRoomsOf: async (userIds) => new Map(userIds.map((userId) => [userId, []])),
    logger: pino({ level: 'silent' }),
    config: { jwtSecret, accessExpiryMs: 6 * 3_600_000, refreshExpiryMs: 6 * 3_600_000, bcryptRounds },
  });
  const names = Array.from({ length: userCount }, (_, index) => `bench_${index}`);
  const users = await inParallel(names, async (username): Promise<BenchUser> => {
    const { account, tokens } = await commands.accounts.register({
      email: `${username}@example.com`,
      username,
      password: 'correct horse',
    });
    return { userId: account.userId, token: tokens.accessToken };
  });
  return {
    system,
    nats,
    log,
    commands,
    users,
    jwtSecret,
    async openRoom([owner, ...others]) {
      if (owner === undefined) throw new Error('a room needs somebody');
      const { room } = await commands.rooms.create(owner.userId, {
        type: 'PUBLIC',
        memberIds: others.map(({ userId }) => userId),
      });
      if (room.status !== 'open') throw new Error('the room was not opened');
      return room.roomId;
    },
    pid(name) {
      const pid = system.processes()[name];
      if (pid === undefined) throw new Error(`${name} is not running`);
      return pid;
    },
    quiet: () => untilQuiet(() => Object.values(system.processes())),
    async stop() {
      await commands.close();
      checkpoints.close();
      await log.close();
      await nats.close();
      await system.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
