import type { Output } from '../frame/output.ts';

const redrawMs = 250;
/** Where nothing can be redrawn, a line so often. */
const lineMs = 5_000;
/** The rate is that of the last so many milliseconds. */
const windowMs = 10_000;

const clock = (seconds: number): string => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = String(Math.floor(seconds % 60)).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest} h` : `${minutes}:${rest}`;
};

/** `importing 34 %  12,000 of 35,000 rows, 8,100/s, 0:03 left` */
export const paceText = (phase: string, done: number, total: number, perSecond: number): string => {
  const share = total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100));
  const round = (value: number): string => Math.round(value).toLocaleString('en');
  const left = perSecond > 0 ? `, ${clock(Math.max(0, total - done) / perSecond)} left` : '';
  return `${phase} ${share} %  ${round(done)} of ${round(total)} rows, ${round(perSecond)}/s${left}`;
};

/** Shows how far work on a known number of rows is. */
export const createPace = (output: Output, phase: string, total: number) => {
  const samples: { readonly at: number; readonly done: number }[] = [{ at: Date.now(), done: 0 }];
  const often = output.isTerminal && !output.json ? redrawMs : lineMs;
  let done = 0;
  let shownAt = Date.now();
  return (rows: number): void => {
    done += rows;
    const now = Date.now();
    if (now - shownAt < often) return;
    shownAt = now;
    samples.push({ at: now, done });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > windowMs) samples.shift();
    const first = samples[0] ?? { at: now, done };
    const text = paceText(phase, done, total, now === first.at ? 0 : ((done - first.done) * 1000) / (now - first.at));
    if (often === redrawMs) output.redraw(text);
    else output.note(text);
  };
};
