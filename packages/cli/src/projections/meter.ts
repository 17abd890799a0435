import type { ReplayProgress } from '@kuraxx/read-model';
import type { Output } from '../frame/output.ts';

/** The rate is that of the last so many milliseconds. */
const rateWindowMs = 10_000;
const redrawMs = 250;
/** Where nothing can be redrawn, and with --json, a line so often. */
const lineMs = 2_000;
const barWidth = 24;

export type MeterState = {
  /** Events that are in the rows, over all partitions. */
  readonly done: number;
  /** Events in the log. */
  readonly total: number;
  readonly eventsPerSecond: number;
  readonly lag: number;
  /** `null` while nothing is known of the rate. */
  readonly secondsLeft: number | null;
};

const clock = (seconds: number): string => {
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60
    ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`
    : `${minutes}:${String(Math.ceil(seconds % 60)).padStart(2, '0')}`;
};

const round = (value: number): string => Math.round(value).toLocaleString('en');

/** A line for people. */
export const meterText = (phase: string, { done, total, eventsPerSecond, lag, secondsLeft }: MeterState): string => {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * barWidth);
  const bar = `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
  const left = secondsLeft === null ? '' : `, ${clock(secondsLeft)} left`;
  return `${phase} ${bar} ${Math.floor(share * 100)} %  ${round(done)} events, ${round(eventsPerSecond)}/s, ${round(lag)} behind${left}`;
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
  const samples: { at: number; events: number }[] = [{ at: Date.now(), events: 0 }];
  let heads: ReadonlyMap<unknown, number> = new Map();
  let events = 0;
  let phase = 'starting';
  let shownAt = 0;

  const state = (): MeterState => {
    const now = Date.now();
    samples.push({ at: now, events });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > rateWindowMs) samples.shift();
    const [first] = samples;
    const seconds = first === undefined ? 0 : (now - first.at) / 1000;
    const eventsPerSecond = first === undefined || seconds === 0 ? 0 : (events - first.events) / seconds;
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
    const now = Date.now();
    if (now - shownAt < (output.isTerminal && !output.json ? redrawMs : lineMs)) return;
    shownAt = now;
    const current = state();
    if (output.json) void output.line({ phase, ...current }, () => '');
    else if (output.isTerminal) output.redraw(meterText(phase, current));
    else output.note(meterText(phase, current));
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
      shownAt = 0;
      show();
    },
    progress: (progress: ReplayProgress): void => {
      events += progress.events;
      sequences.set(progress.partition, progress.sequence);
      show();
    },
    state,
    stop: (): void => clearInterval(timer),
  };
};
