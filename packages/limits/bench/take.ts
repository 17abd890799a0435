import { cpus } from 'node:os';
import { freshRedis } from '@kuraxx/testing';
import { pino } from 'pino';
import { connectLimitsRedis, createRates, isTooDeep, operations } from '../src/index.ts';

const times = 200_000;
const print = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(58)} ${value}\n`);

const server = await freshRedis();
const { redis, ...connection } = await connectLimitsRedis(server.url, pino({ level: 'silent' }));
const perUser = (limit: number) => ({
  request: limit,
  read: limit,
  write: limit,
  send: limit,
  upload: limit,
  signIn: limit,
  frame: limit,
});
print('machine', `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${operations.length} operations`);

const measure = async (limit: number, count: number, users: number): Promise<void> => {
  const rates = createRates(redis, { windowMs: 60_000, perUser: perUser(limit), addressFactor: 20 }, `bench:${limit}`);
  const millis: number[] = [];
  let waited = 0;
  const begun = performance.now();
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    const verdict = rates.take(['frame'], { address: '192.0.2.1', userId: `user-${index % users}` });
    if (verdict instanceof Promise) {
      waited += 1;
      await verdict;
    }
    millis.push(performance.now() - before);
  }
  const perTake = ((performance.now() - begun) * 1000) / count;
  millis.sort((a, b) => a - b);
  const at = (share: number) => ((millis[Math.floor(count * share)] ?? 0) * 1000).toFixed(1);
  const waits = `${((100 * waited) / count).toFixed(2)} % waited for Redis`;
  print(
    `take, limit ${limit}, ${users} users`,
    `${perTake.toFixed(2)} µs each, p50 ${at(0.5)} p99 ${at(0.99)} µs, ${waits}`,
  );
  rates.close();
};
await measure(120_000, times, 1);
await measure(120_000, times, 100);
await measure(50, 5_000, 100); // below 100 each one asks Redis

const frame = JSON.stringify({ type: 'message:new', payload: { roomId: 'x'.repeat(36), content: 'y'.repeat(200) } });
const begun = performance.now();
for (let index = 0; index < times; index++) isTooDeep(frame);
print(
  `depth of a frame of ${frame.length} characters`,
  `${(((performance.now() - begun) * 1000) / times).toFixed(2)} µs`,
);

connection.close();
await server.remove();
