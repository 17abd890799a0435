import { afterEach, expect, test, vi } from 'vitest';
import { createCatchUp } from './catch-up.ts';
import { Unavailable } from './errors.ts';

afterEach(() => vi.useRealTimers());

/** A server that answers a PING when it is told to. */
const server = () => {
  const pings: PromiseWithResolvers<void>[] = [];
  const flush = (): Promise<void> => {
    const ping = Promise.withResolvers<void>();
    pings.push(ping);
    return ping.promise;
  };
  return { pings, catchUp: createCatchUp({ flush }, (_what, work) => work()) };
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('who calls in one turn shares a PING', async () => {
  const { pings, catchUp } = server();
  const calls = [catchUp(), catchUp()];
  await turn();
  expect(pings).toHaveLength(1);
  pings[0]?.resolve();
  await Promise.all(calls);
});

test('who calls while a PING is on its way waits for one that was sent after the call', async () => {
  const { pings, catchUp } = server();
  const first = catchUp();
  await turn();
  let isLater = false;
  const later = Promise.all([catchUp(), catchUp()]).then(() => {
    isLater = true;
  });
  await turn();
  expect(pings).toHaveLength(1);
  pings[0]?.resolve();
  await first;
  await turn();
  expect(isLater).toBe(false);
  expect(pings).toHaveLength(2);
  pings[1]?.resolve();
  await later;
});

test('a PING that fails is told to those who wait for it alone', async () => {
  const { pings, catchUp } = server();
  const first = catchUp();
  await turn();
  const second = catchUp();
  pings[0]?.reject(new Unavailable('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  pings[1]?.resolve();
  await second;
});

test('without any answer everybody is told within the time, also who waits behind the one on its way', async () => {
  vi.useFakeTimers();
  const { pings, catchUp } = server();
  const first = catchUp();
  const told = [expect(first).rejects.toThrow(Unavailable)];
  await vi.advanceTimersByTimeAsync(1000);
  expect(pings).toHaveLength(1);
  told.push(expect(catchUp()).rejects.toThrow(Unavailable));
  await vi.advanceTimersByTimeAsync(4000);
  await Promise.all(told);
});

test('who calls when others have been told has a time of their own', async () => {
  vi.useFakeTimers();
  const { pings, catchUp } = server();
  const told = [expect(catchUp()).rejects.toThrow(Unavailable)];
  await vi.advanceTimersByTimeAsync(10);
  told.push(expect(catchUp()).rejects.toThrow(Unavailable));
  await vi.advanceTimersByTimeAsync(4000);
  await Promise.all(told);
  const late = catchUp();
  await vi.advanceTimersByTimeAsync(500);
  for (let answered = 0; answered < 3; answered++) {
    for (const ping of pings) ping.resolve();
    await vi.advanceTimersByTimeAsync(10);
  }
  await late;
});
