import { expect, test } from 'vitest';
import { natsStart } from './nats.ts';

const ready = '[7] 2026/01/01 00:00:00.000000 [INF] Server is ready';
const lost = '[7] 2026/01/01 00:00:00.000000 [WRN]   Error decrypting our stream metafile "meta.inf"';
const harmless = "[7] 2026/01/01 00:00:00.000000 [INF]   Restored 1 messages for stream '$G > KEPT'";

test('NATS has recovered once it says so, and not before', () => {
  const start = natsStart('/data', undefined);
  start.onLine(harmless);
  expect(start.hasRecovered()).toBe(false);
  start.onLine(ready);
  expect(start.hasRecovered()).toBe(true);
  start.reset();
  expect(start.hasRecovered()).toBe(false);
});

test('a lost stream is told however much is printed after it, until the next start', () => {
  const start = natsStart('/data', undefined);
  start.onLine(lost);
  for (let line = 0; line < 1_000; line += 1) start.onLine(harmless);
  start.onLine(ready);
  expect(() => start.hasRecovered()).toThrow(/The NATS data in \/data is damaged.*\n.*stream metafile/);
  start.reset();
  start.onLine(ready);
  expect(start.hasRecovered()).toBe(true);
});

test('each line is passed on', () => {
  const lines: string[] = [];
  const start = natsStart('/data', (line) => lines.push(line));
  start.onLine(lost);
  start.onLine(ready);
  expect(lines).toEqual([lost, ready]);
});
