import type { ReplayProgress } from '@kuraxx/read-model';
import type { Output } from '../frame/output.ts';
import { clockText, countText, createRate, createTurns, drawProgress } from '../frame/progress.ts';

/** Where nothing can be redrawn, and with --json, a line so often. */
const lineMs = 2_000;
const barWidth = 24;

type MeterState = {
  /** Events that are in the rows, over all partitions. */
  readonly done: number;
  /** Events in the log. */
  readonly total: number;
  readonly eventsPerSecond: number;
  readonly lag: number;
  /** `null` while nothing is known of the rate. */
  readonly secondsLeft: number | null;
};

/** A line for people. */
const meterText = (phase: string, { done, total, eventsPerSecond, lag, secondsLeft }: MeterState): string => {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * barWidth);
  const bar = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
  const left = secondsLeft === null ? '' : `, ${clockText(secondsLeft)} left`;
  return `${phase} ${bar} ${Math.floor(share * 100)} %  ${countText(done)} events, ${countText(eventsPerSecond)}/s, ${countText(lag)} behind${left}`;
};

/**
 * Shows how far a replay is: a bar on a terminal, else a line now and then.
 *
 * @param readTotals the events in the log, and those in the rows, by partition: asked once a second
 */
export const createMeter = (
  output: Output,
  totals: () => Promise<ReadonlyMap<unknown, number>>,
  begun: ReadonlyMap<unknown, number>,
) => {
  const sequences = new Map<unknown, number>(begun);
  const rateAt = createRate();
  const turns = createTurns(output, lineMs);
  turns.hurry();
  let heads: ReadonlyMap<unknown, number> = new Map();
  let events = 0;
  let phase = 'starting';

  const state = (): MeterState => {
    const eventsPerSecond = rateAt(events);
    const sum = (of: ReadonlyMap<unknown, number>) => [...of.values()].reduce((total, one) => total + one, 0);
    const done = sum(sequences);
    const lag = [...heads].reduce(
      (total, [partition, head]) => total + Math.max(0, head - (sequences.get(partition) ?? 0)),
      0,
    );
    return {
      done,
      total: done + lag,
      eventsPerSecond,
      lag,
      secondsLeft: eventsPerSecond > 0 ? lag / eventsPerSecond : null,
    };
  };
  const show = (): void => {
    if (!turns.take()) return;
    const current = state();
    if (output.json) void output.line({ phase, ...current }, () => '');
    else drawProgress(output, meterText(phase, current));
  };
  const look = (): void => {
    totals().then(
      (read) => {
        heads = read;
        show();
      },
      () => undefined, // the log is away: the replay itself says so
    );
  };
  look();
  const timer = setInterval(look, 1000);
  return {
    phase: (name: string): void => {
      phase = name;
      turns.hurry();
      show();
    },
    progress: (progress: ReplayProgress): void => {
      events += progress.events;
      sequences.set(progress.partition, progress.sequence);
      show();
    },
    stop: (): void => clearInterval(timer),
  };
};
