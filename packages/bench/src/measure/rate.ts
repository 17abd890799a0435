import { setTimeout as delay } from 'node:timers/promises';

/** What has not ended by then won't. */
const settleMs = 15_000;

/** Keeps `inFlight` of `work` under way for a while. @returns how many ended per second */
export const rateOf = async (inFlight: number, seconds: number, work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  const endAt = begun + seconds * 1000;
  let done = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < endAt) {
      await work();
      done += 1;
    }
  };
  const late = delay(seconds * 1000 + settleMs, undefined, { ref: false });
  await Promise.race([Promise.all(Array.from({ length: inFlight }, loop)), late]);
  return done / ((performance.now() - begun) / 1000);
};

/** How often a wave starts in an open loop. */
const waveMs = 5;

/**
 * Starts `perSecond` of `work` as long as `isOn` says so, whether or not earlier ones have ended. @returns how long each took, in ms, counted
 * from when it was due: a stall counts for all that had to wait for it
 */
export const latenciesWhile = async (
  perSecond: number,
  isOn: (started: number) => boolean,
  work: () => Promise<unknown>,
): Promise<readonly number[]> => {
  const latencies: number[] = [];
  const running: Promise<unknown>[] = [];
  const begun = performance.now();
  let started = 0;
  while (isOn(started)) {
    const due = Math.ceil(((performance.now() - begun) / 1000) * perSecond);
    for (; started < due && isOn(started); started++) {
      const dueAt = begun + (started / perSecond) * 1000;
      running.push(work().then(() => latencies.push(performance.now() - dueAt)));
    }
    await delay(waveMs);
  }
  await Promise.race([Promise.all(running), delay(settleMs, undefined, { ref: false })]);
  return latencies;
};

/** The same for a while. */
export const latenciesAt = (
  perSecond: number,
  seconds: number,
  work: () => Promise<unknown>,
): Promise<readonly number[]> =>
  latenciesWhile(perSecond, (started) => started < Math.floor(perSecond * seconds), work);
