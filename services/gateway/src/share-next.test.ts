import { expect, test } from 'vitest';
import { shareNext } from './share-next.ts';

test('who comes while it is under way shares the next run, which starts later', async () => {
  const runs: { key: string; end: (answer: string) => void }[] = [];
  const ask = shareNext((key) => new Promise<string>((resolve) => runs.push({ key, end: resolve })));
  const first = ask('a');
  const others = [ask('a'), ask('a'), ask('a')];
  const elsewhere = ask('b');
  expect(runs.map(({ key }) => key)).toEqual(['a', 'b']);
  runs[0]?.end('old');
  expect(await first).toBe('old');
  expect(runs).toHaveLength(3);
  runs[2]?.end('new');
  runs[1]?.end('b');
  expect(await Promise.all(others)).toEqual(['new', 'new', 'new']);
  expect(await elsewhere).toBe('b');
  void ask('a');
  expect(runs).toHaveLength(4);
});

test('a failure reaches those who shared it, and the next ones try anew', async () => {
  let count = 0;
  const ask = shareNext(async () => {
    count++;
    if (count < 3) throw new Error(`failed ${count}`);
    return count;
  });
  const settled = await Promise.allSettled([ask('a'), ask('a'), ask('a')]);
  expect(settled.map((one) => one.status === 'rejected' && String(one.reason))).toEqual([
    'Error: failed 1',
    'Error: failed 2',
    'Error: failed 2',
  ]);
  expect(await ask('a')).toBe(3);
});
