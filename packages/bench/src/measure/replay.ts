import type { Plan } from '../plan.ts';
import { projectionLags } from '../replay/lag.ts';
import { bareOutput, type MemoryMark, replayOutput } from '../replay/outputs.ts';
import { runProgram } from '../replay/program.ts';
import type { Stage } from '../replay/stage.ts';
import type { Row } from '../report.ts';
import { median, quantile } from '../statistics.ts';

const mebi = 2 ** 20;
const lagGoalMs = 100;

/** Runs something; also tells the CPU time of Postgres meanwhile, in microseconds. */
const withPostgresCpu = async <T>(stage: Stage, work: () => Promise<T>): Promise<T & { postgresMicros: number }> => {
  const before = await stage.serverCpuSeconds();
  const done = await work();
  const after = await stage.serverCpuSeconds();
  return { ...done, postgresMicros: (after.postgres - before.postgres) * 1e6 };
};

const replayOnce = ({ natsUrl, databaseUrl }: Stage, marks: readonly number[]) =>
  runProgram('replay', { natsUrl, databaseUrl, marks }, replayOutput);

const drop = (stage: Stage, schema: string): Promise<void> =>
  stage.maintenance.drop(schema, new AbortController().signal);

type Samples = Record<'replay' | 'oneByOne' | 'sideBySide' | 'ownMicros' | 'postgresMicros', number[]>;

/** Rates per second, all of events: what the bare inserts write are the rows of these events. */
const measureRates = async (stage: Stage, plan: Plan): Promise<Samples> => {
  const samples: Samples = { replay: [], oneByOne: [], sideBySide: [], ownMicros: [], postgresMicros: [] };
  const { rounds } = plan.replay;
  for (let round = 1; round <= rounds; round++) {
    plan.progress(`replay beside bare inserts, round ${round} of ${rounds}`);
    const replayed = await withPostgresCpu(stage, () => replayOnce(stage, []));
    const { schema, events } = replayed;
    const bare = (connections: number) =>
      runProgram('bare', { databaseUrl: stage.databaseUrl, schema, connections }, bareOutput);
    samples.replay.push((events / replayed.ms) * 1000);
    samples.ownMicros.push((replayed.cpuMs * 1000) / events);
    samples.postgresMicros.push(replayed.postgresMicros / events);
    samples.oneByOne.push((events / (await bare(1)).ms) * 1000);
    samples.sideBySide.push((events / (await bare(stage.log.roomPartitions)).ms) * 1000);
    await drop(stage, schema);
  }
  return samples;
};

const measureMemory = async (stage: Stage, plan: Plan): Promise<Row[]> => {
  const { memoryAt } = plan.replay;
  const last = Math.max(...memoryAt);
  plan.progress(`filling the log up to ${last} events`);
  await stage.fillUpTo(last);
  plan.progress(`memory of a replay of ${last} events`);
  const { schema, memory } = await replayOnce(stage, memoryAt);
  await drop(stage, schema);
  const [first, end] = [memory.at(0), memory.at(-1)];
  if (first === undefined || end === undefined) throw new Error('the memory of the replay was never measured');
  const goal = { atMost: 1.2 };
  const row = (what: string, of: (mark: MemoryMark) => number): Row => ({
    figure: `${what} of the replaying process after ${end.events} events`,
    ours: of(end) / mebi,
    unit: 'MiB',
    against: [{ what: `after ${first.events}`, value: of(first) / mebi, goal }],
  });
  return [
    row('heap in use', ({ heapBytes }) => heapBytes),
    row('resident memory', ({ residentBytes }) => residentBytes),
  ];
};

/** A rebuild's replay beside bare inserts of the same rows, the lag of the projection at half of its rate, and its memory. */
export const measureReplay = async (stage: Stage, plan: Plan): Promise<Row[]> => {
  const { events, lagSeconds } = plan.replay;
  plan.progress(`filling the log with ${events} events`);
  await stage.fillUpTo(events);
  const samples = await measureRates(stage, plan);
  const rate = median(samples.replay);
  const half = Math.floor(rate / 2);
  plan.progress(`lag of the projection at ${half} events/s`);
  const lags = await projectionLags(stage, half, lagSeconds);
  const goal = { atLeast: 0.6 };
  return [
    {
      figure: `replay of ${events} events`,
      ours: rate,
      unit: 'events/s',
      against: [
        { what: 'bare unnest inserts of the same rows, one after the other', value: median(samples.oneByOne), goal },
        {
          what: `the same over ${stage.log.roomPartitions} connections side by side`,
          value: median(samples.sideBySide),
          goal,
        },
      ],
    },
    {
      figure: 'CPU of the replaying process per event',
      ours: median(samples.ownMicros),
      unit: 'µs',
      against: [{ what: 'CPU of Postgres meanwhile', value: median(samples.postgresMicros) }],
    },
    {
      figure: `lag of the projection at ${half} events/s, p99`,
      ours: quantile(lags, 0.99),
      unit: 'ms',
      against: [{ what: 'the goal', value: lagGoalMs, goal: { atMost: 1 } }],
    },
    ...(await measureMemory(stage, plan)),
  ];
};
