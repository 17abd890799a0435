import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { atOnce } from './at-once.ts';

test('never more than so many go on at once, they begin in order, and all of them end, whatever fails', async () => {
  const call = fc.record({ ms: fc.nat({ max: 3 }), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(call, { maxLength: 20 }), async (most, calls) => {
      const inTurn = atOnce(most);
      const begun: number[] = [];
      let [running, highest] = [0, 0];
      const work = async (index: number): Promise<number> => {
        begun.push(index);
        running += 1;
        highest = Math.max(highest, running);
        await delay(calls[index]?.ms);
        running -= 1;
        if (calls[index]?.fails === true) throw new Error(`${index}`);
        return index;
      };
      const ends = await Promise.allSettled(calls.map((_, index) => inTurn(() => work(index))));
      expect(highest).toBe(Math.min(most, calls.length));
      expect(begun).toEqual(calls.map((_, index) => index));
      expect(ends.map(({ status }) => status === 'rejected')).toEqual(calls.map(({ fails }) => fails));
    }),
  );
});
