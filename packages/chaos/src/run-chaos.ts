import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceKind } from '@kuraxx/launcher';
import { jetstreamManager } from '@nats-io/jetstream';
import { check } from './check/check.ts';
import { roomLogsOf } from './check/room-log.ts';
import type { Violation } from './check/violation.ts';
import { type Crowd, gatherCrowd } from './clients/crowd.ts';
import { createRecorder } from './history/recorder.ts';
import { waitForQuiet } from './observe/quiet.ts';
import { createLogReader } from './observe/read-log.ts';
import { readPages } from './observe/read-pages.ts';
import { readRows, readTables } from './observe/read-rows.ts';
import { replay } from './observe/replay.ts';
import { createPlan, type PlanOptions } from './plan/plan.ts';
import { countsOf } from './report/counts.ts';
import { recoveriesOf } from './report/recoveries.ts';
import type { Verdict } from './report/verdict.ts';
import { createNemesis, type Nemesis } from './system/nemesis.ts';
import { type ChaosSystem, openChaosSystem } from './system/system.ts';

export type ChaosOptions = PlanOptions & {
  /** NATS as a cluster of three nodes; default: one. */
  readonly cluster?: boolean;
  /** Made, and emptied first. What was recorded is in it when the run is over. */
  readonly folder: string;
  /** Broken builds in some services' places (tests of the checker). */
  readonly programs?: Partial<Record<ServiceKind, string>>;
  readonly say: (line: string) => void;
  /** Ends the run early: it throws, and nothing is left running. */
  readonly signal?: AbortSignal;
};

const progressMs = 10_000;
/** On a slow machine under load. A system that has come to rest is not waited for any longer. */
const quietTimeoutMs = 180_000;

const clock = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/**
 * One run: starts the system, lets clients and nemesis do what the seed says, heals, waits for quiet, checks everything.
 *
 * @throws {Error} when the run itself could not be carried out; a broken promise is in the verdict instead
 */
export const runChaos = async (options: ChaosOptions): Promise<Verdict> => {
  const { folder, seed, durationMs, say, signal = new AbortController().signal } = options;
  const plan = createPlan(options);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const write = (name: string, content: unknown): Promise<void> =>
    writeFile(join(folder, name), `${JSON.stringify(content, null, 1)}\n`);
  await write('plan.json', plan);
  const recorder = createRecorder(join(folder, 'history.jsonl'));
  const { record, history } = recorder;
  const closers: (() => Promise<unknown>)[] = [() => recorder.close()]; // last in, first out
  const unrest: Violation[] = [];
  let isOver = false; // then everything ends, and that is right

  try {
    say(`starting the system in ${folder}`);
    let nemesis: Nemesis | undefined;
    const system: ChaosSystem = await openChaosSystem({
      folder,
      shape: plan.shape,
      cluster: options.cluster ?? false,
      programs: options.programs ?? {},
      signal,
      onDeath: (name) => {
        if (isOver || nemesis?.explains(name)) return;
        record({ type: 'trouble', where: name, what: 'a process ended that nobody had ended' });
      },
    });
    closers.push(() => system.stop());
    const nats = await system.servers.connectNats();
    closers.push(() => nats.close());
    const streams = (await jetstreamManager(nats)).streams;
    const breaker = createNemesis(system, record, async (stream) => (await streams.info(stream)).cluster?.leader ?? '');
    nemesis = breaker;
    const crowd: Crowd = await gatherCrowd(plan, system, record);
    closers.push(() => crowd.stop());
    const log = await createLogReader(nats);
    const needs = { system, nats, log, crowd };
    const settle = async (phase: 'calm' | 'quiet'): Promise<void> => {
      if (unrest.length > 0) return; // once is enough
      const left = await waitForQuiet(needs, quietTimeoutMs);
      signal.throwIfAborted();
      if (left.length > 0) unrest.push({ rule: 'quiet', what: `no rest within the time (${phase})`, evidence: left });
      else record({ type: 'phase', phase });
    };

    const startedAt = Date.now();
    say(`clients and nemesis go on for ${clock(durationMs)}`);
    const progress = setInterval(() => {
      const { acknowledgedWrites, kills, reconnects, resumes } = countsOf(history, 0);
      const leftMs = startedAt + durationMs - Date.now();
      say(
        `${clock(Date.now() - startedAt)} of ${clock(durationMs)}, ${clock(leftMs)} left: ` +
          `${acknowledgedWrites} acknowledged writes, ${kills} kills, ${reconnects} reconnects, ${resumes} resumes`,
      );
    }, progressMs);
    const acting = crowd.act();
    acting.catch(() => undefined); // awaited below, unless the run is ended before
    const breaking = breaker.run(plan.faults);
    try {
      await delay(durationMs, undefined, { signal });
    } finally {
      breaker.heal();
      await Promise.allSettled([breaking]); // before anything is stopped: it starts servers again
      clearInterval(progress);
    }
    await breaking;
    record({ type: 'phase', phase: 'healed' });
    say('healed; waiting for everybody to catch up');
    await acting;
    await settle('calm');
    await crowd.sayFarewell();
    await settle('quiet');
    const events = await log.read();
    const rooms = roomLogsOf(events);
    say(`checking ${events.length} events and ${history.length} records`);
    await readPages(
      crowd.people,
      crowd.roomIds,
      (userId, roomId) => rooms.get(roomId)?.members.has(userId) ?? false,
      record,
    );
    const databaseUrl = system.servers.postgres.url;
    const recording = {
      history,
      log: events,
      rows: await readRows(databaseUrl),
      serving: await readTables(databaseUrl),
      replayed: await replay(nats, databaseUrl),
    };
    const violations = [...unrest, ...check(recording)];
    const verdict: Verdict = {
      seed,
      minutes: Math.round((durationMs / 60_000) * 100) / 100,
      passed: violations.length === 0,
      counts: countsOf(history, events.length),
      violations,
      recoveries: recoveriesOf(history),
      folder,
    };
    if (!verdict.passed) {
      await write('violations.json', violations);
      await writeFile(join(folder, 'log.jsonl'), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    }
    return verdict;
  } finally {
    isOver = true;
    for (const close of closers.toReversed()) await close();
  }
};
