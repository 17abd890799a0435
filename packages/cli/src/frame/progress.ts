import type { Output } from './output.ts';

/** The rate is that of the last so many milliseconds. */
const windowMs = 10_000;
const redrawMs = 250;

/** `12,345`. */
export const countText = (value: number): string => Math.round(value).toLocaleString('en');

/** `3:07`, or from an hour on `1:05 h`. */
export const clockText = (seconds: number): string => {
  const whole = Math.ceil(seconds);
  const minutes = Math.floor(whole / 60);
  const two = (part: number): string => String(part % 60).padStart(2, '0');
  return minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes)} h` : `${minutes}:${two(whole)}`;
};

/** @returns given how much is done by now: how much a second was done lately; 0 while nothing is known */
export const createRate = (): ((done: number) => number) => {
  const samples: { readonly at: number; readonly done: number }[] = [{ at: Date.now(), done: 0 }];
  return (done) => {
    const now = Date.now();
    samples.push({ at: now, done });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > windowMs) samples.shift();
    const [first] = samples;
    return first === undefined || now === first.at ? 0 : ((done - first.done) * 1000) / (now - first.at);
  };
};

const isDrawn = (output: Output): boolean => output.isTerminal && !output.json;

/** Draws over the last line on a terminal, else, and with --json, says it in a line of its own. */
export const drawProgress = (output: Output, text: string): void =>
  isDrawn(output) ? output.redraw(text) : output.note(text);

/** Keeps progress from being shown too often. @param lineMs a line so often where nothing can be redrawn */
export const createTurns = (output: Output, lineMs: number) => {
  let shownAt = Date.now();
  return {
    /** Whether it is time to show something; then it is shown. */
    take: (): boolean => {
      const now = Date.now();
      if (now - shownAt < (isDrawn(output) ? redrawMs : lineMs)) return false;
      shownAt = now;
      return true;
    },
    /** The next one is shown at once. */
    hurry: (): void => {
      shownAt = 0;
    },
  };
};
