import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenChain, createChain, createChainReader } from './chain.ts';

const values = fc.array(fc.record({ text: fc.string(), number: fc.integer() }), { minLength: 3, maxLength: 20 });
const linked = (all: readonly object[]): string[] => all.map(createChain());
const readAll = (lines: readonly string[]): unknown[] => lines.map(createChainReader());

test('what was written is read', () => {
  fc.assert(
    fc.property(values, (all) => {
      expect(readAll(linked(all))).toEqual(all);
    }),
  );
});

test('a changed, missing, doubled or moved line is found at the line where it shows', () => {
  fc.assert(
    fc.property(values, fc.nat(), fc.nat(), (all, where, bit) => {
      const lines = linked(all);
      const index = where % (lines.length - 1);
      const line = lines[index] ?? '';
      const at = bit % line.length;
      const flipped = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ 1) + line.slice(at + 1);
      const broken = [
        [lines.with(index, flipped), index + 1],
        [lines.toSpliced(index, 1), index + 1],
        [lines.toSpliced(index, 0, line), index + 2],
        [lines.toSpliced(index, 2, lines[index + 1] ?? '', line), index + 1],
      ] as const;
      for (const [changed, named] of broken) {
        expect(() => readAll(changed)).toThrow(new RegExp(`^line ${named} `));
        expect(() => readAll(changed)).toThrow(BrokenChain);
      }
    }),
  );
});
