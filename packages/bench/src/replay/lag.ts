import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createCheckpointWatch, type Position } from '@kuraxx/event-store';
import type { Stage } from './stage.ts';

const projector = join(import.meta.dirname, '../../../../services/projector/src/main.ts');
/** What has not been projected by then counts as this. */
const longestMs = 30_000;
const catchUpMs = 10 * 60_000;
const waveMs = 5;
/** Of so many events one is waited for: the rest only makes the load. */
const oneOf = 10;
/** Where the log takes no more than this the load waits: a log that is behind refuses what is too much. */
const mostUnstored = 2_000;

const startProjector = ({ natsUrl, databaseUrl }: Stage): ChildProcess =>
  spawn(process.execPath, ['--conditions=source', projector], {
    env: { ...process.env, NATS_URL: natsUrl, DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });

/**
 * Appends at a steady rate while a projector of its own follows.
 *
 * @returns how long events took from their acknowledgement until their projection was announced, in ms, for a tenth of them
 */
export const projectionLags = async (stage: Stage, perSecond: number, seconds: number): Promise<readonly number[]> => {
  const child = startProjector(stage);
  const exited = once(child, 'exit');
  const watch = createCheckpointWatch(stage.nats);
  const isUpTo = async (): Promise<boolean> => {
    const heads = await Promise.all(stage.log.partitions.map((partition) => stage.log.head(partition)));
    return stage.log.partitions.every((partition, index) => (watch.latest(partition) ?? -1) >= (heads[index] ?? 0));
  };
  try {
    for (const deadline = Date.now() + catchUpMs; !(await isUpTo()); await delay(200)) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error('the projector did not catch up');
    }
    const lags: number[] = [];
    const waitFor = async (position: Position): Promise<void> => {
      const stored = performance.now();
      const reached = await watch.waitFor(position, longestMs);
      lags.push(reached ? performance.now() - stored : longestMs);
    };
    const running: Promise<unknown>[] = [];
    let unstored = 0;
    const append = async (): Promise<Position> => {
      unstored += 1;
      const { position } = await stage.append();
      unstored -= 1;
      return position;
    };
    const total = Math.floor(perSecond * seconds);
    const begun = performance.now();
    for (let sent = 0; sent < total; await delay(waveMs)) {
      const due = Math.min(total, Math.ceil(((performance.now() - begun) / 1000) * perSecond));
      for (; sent < due && unstored < mostUnstored; sent++) {
        const appended = append();
        running.push(sent % oneOf === 0 ? appended.then(waitFor) : appended);
      }
    }
    await Promise.all(running);
    return lags;
  } finally {
    watch.close();
    child.kill('SIGTERM');
    await exited;
  }
};
