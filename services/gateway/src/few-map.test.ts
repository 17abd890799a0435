import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FewMap } from './few-map.ts';

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ does: fc.constant('set' as const), key, value: fc.nat() }),
  fc.record({ does: fc.constant('delete' as const), key }),
  fc.record({ does: fc.constant('clear' as const) }),
);

test('it behaves as a Map does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const few = new FewMap<string, number>();
      const map = new Map<string, number>();
      for (const one of steps) {
        if (one.does === 'delete') expect(few.delete(one.key)).toBe(map.delete(one.key));
        else if (one.does === 'clear') [few, map].forEach((each) => each.clear());
        else [few, map].forEach((each) => each.set(one.key, one.value));
        expect(few.size).toBe(map.size);
        expect(few.keys()).toEqual([...map.keys()]);
        expect(few.values()).toEqual([...map.values()]);
        for (const name of ['a', 'b', 'c']) {
          expect(few.get(name)).toBe(map.get(name));
          expect(few.has(name)).toBe(map.has(name));
        }
      }
    }),
  );
});
