import { expect, test } from 'vitest';
import { type Running, supervise } from './supervise.ts';

/** Processes that live in memory: `die` ends the last one. */
const fake = (fails: (start: number) => boolean = () => false) => {
  let starts = 0;
  let last: { die: () => void; stopped: boolean } | undefined;
  return {
    get starts() {
      return starts;
    },
    get last() {
      return last;
    },
    restartable: {
      name: 'thing',
      start: async (): Promise<Running> => {
        starts++;
        if (fails(starts)) throw new Error('not today');
        const ended = Promise.withResolvers<void>();
        const one = { die: () => ended.resolve(), stopped: false };
        last = one;
        const stop = async () => {
          one.stopped = true;
          ended.resolve();
        };
        return { pid: starts, exited: ended.promise, signal: () => ended.resolve(), stop };
      },
    },
  };
};
const never = new AbortController().signal;

test('what dies is started again, and both are told', async () => {
  const thing = fake();
  const lines: string[] = [];
  const pids: (number | undefined)[] = [];
  const supervised = await supervise(
    thing.restartable,
    (line) => lines.push(line),
    () => pids.push(supervised.pid),
    never,
  );
  await supervised.kill();
  await expect.poll(() => supervised.pid).toBe(2);
  expect(pids).toEqual([undefined, 2]);
  expect(lines).toEqual(['thing has died; next start in 250 ms', 'thing is back (process 2)']);
  await supervised.stop();
  expect(thing.last?.stopped).toBe(true);
  expect(thing.starts).toBe(2);
});

test('what was killed for a long time stays down, and comes back when it is asked to', async () => {
  const thing = fake();
  const lines: string[] = [];
  const supervised = await supervise(
    thing.restartable,
    (line) => lines.push(line),
    () => {},
    never,
  );
  const longMs = 600_000;
  const minimumMs = 700; // longer than the back-off
  const killedAt = Date.now();
  await supervised.kill('SIGKILL', minimumMs);
  await expect.poll(() => supervised.pid, { timeout: 5_000 }).toBe(2);
  expect(Date.now() - killedAt).toBeGreaterThanOrEqual(minimumMs);
  await supervised.kill('SIGKILL', longMs);
  await expect.poll(() => lines.at(-1)).toMatch(/next start in [56]\d{5} ms/);
  expect(supervised.pid).toBeUndefined();
  supervised.comeBack();
  await expect.poll(() => supervised.pid, { timeout: 5_000 }).toBe(3);
  await supervised.kill('SIGKILL', longMs);
  await supervised.stop();
  expect(thing.starts).toBe(3);
});

test('a start that fails is tried again, later each time', async () => {
  const thing = fake((start) => start === 2 || start === 3);
  const lines: string[] = [];
  const supervised = await supervise(
    thing.restartable,
    (line) => lines.push(line),
    () => {},
    never,
  );
  thing.last?.die();
  await expect.poll(() => supervised.pid, { timeout: 5_000 }).toBe(4);
  expect(lines[1]).toBe('thing could not be started again (not today); next start in 500 ms');
  expect(lines[2]).toContain('1000 ms');
  await supervised.stop();
});

test('a stop while it waits for its next start is at once and for good', async () => {
  const thing = fake(() => thing.starts > 1);
  const down = Promise.withResolvers<void>();
  const supervised = await supervise(thing.restartable, () => {}, down.resolve, never);
  thing.last?.die();
  await down.promise;
  await supervised.stop();
  expect(supervised.pid).toBeUndefined();
});
