import type { Output } from '../frame/output.ts';
import { clockText, countText, createRate, createTurns, drawProgress } from '../frame/progress.ts';

/** Where nothing can be redrawn, a line so often. */
const lineMs = 5_000;

/** `importing 34 %  12,000 of 35,000 rows, 8,100/s, 0:03 left` */
const paceText = (phase: string, done: number, total: number, perSecond: number): string => {
  const share = total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100));
  const left = perSecond > 0 ? `, ${clockText(Math.max(0, total - done) / perSecond)} left` : '';
  return `${phase} ${share} %  ${countText(done)} of ${countText(total)} rows, ${countText(perSecond)}/s${left}`;
};

/** Shows how far work on a known number of rows is. */
export const createPace = (output: Output, phase: string, total: number) => {
  const rateAt = createRate();
  const turns = createTurns(output, lineMs);
  let done = 0;
  return (rows: number): void => {
    done += rows;
    if (turns.take()) drawProgress(output, paceText(phase, done, total, rateAt(done)));
  };
};
