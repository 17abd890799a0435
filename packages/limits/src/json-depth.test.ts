import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTooDeep } from './json-depth.ts';

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

test('JSON is too deep exactly when its value is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 8 }), (value, maxDepth) => {
      const text = JSON.stringify(value, null, 1);
      const expected = depthOf(value) > maxDepth;
      expect(isTooDeep(text, maxDepth)).toBe(expected);
    }),
  );
});

test('brackets within a text are none', () => expect(isTooDeep('["[[[\\"[[[{{{\\\\"]', 1)).toBe(false));

test('ten million brackets are refused without being read', () => {
  expect(isTooDeep('['.repeat(10_000_000))).toBe(true);
});
