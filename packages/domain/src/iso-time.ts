let lastMs = Number.NaN;
let lastText = '';

/** A time as the log says it: ISO 8601 in UTC, to the millisecond. The last one is remembered: many are asked for within one. */
export const isoTime = (ms: number): string => {
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
};
