import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unpacked } from './msgpack.ts';
import { shapeOf } from './msgpack-shape.ts';

const maxDepth = 32;
const of = (value: unknown) => Buffer.from(encode(value));
const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth - 1, 0x91), Buffer.from([0x90])]);
const text = (...bytes: number[]) => Buffer.from([0xa0 | bytes.length, ...bytes]);

test('whatever JSON can say is plain, and none of its beginnings is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const bytes = of(value);
      expect(shapeOf(bytes, maxDepth)).toBe('plain');
      for (let end = 0; end < bytes.length; end++) expect(shapeOf(bytes.subarray(0, end), maxDepth)).toBe('broken');
    }),
  );
});

test('of any bytes, those that are plain are decoded to what JSON can say', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (array) => {
      const bytes = Buffer.from(array);
      if (shapeOf(bytes, maxDepth) !== 'plain') return;
      try {
        expect(() => JSON.stringify(unpacked(bytes))).not.toThrow();
      } catch (error) {
        expect(String(error)).toContain('__proto__');
      }
    }),
    { numRuns: 5_000 },
  );
});

test('sizes of every head', () => {
  const sizes = [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536];
  for (const size of sizes) {
    const list = Array.from({ length: size }, () => 1);
    const map = Object.fromEntries(list.map((one, index) => [`k${index}`, one]));
    for (const value of ['x'.repeat(size), list, map]) expect(shapeOf(of(value), maxDepth)).toBe('plain');
  }
  for (const value of [0, -1, -33, 127, 128, 65_536, 2 ** 32, 2 ** 53 - 1, -(2 ** 40), 0.5, -1e300])
    expect(shapeOf(of(value), maxDepth)).toBe('plain');
});

test('depth counts lists and maps', () => {
  expect(shapeOf(nested(maxDepth), maxDepth)).toBe('plain');
  expect(shapeOf(nested(maxDepth + 1), maxDepth)).toBe('deep');
  expect(shapeOf(nested(60_000), maxDepth)).toBe('deep');
});

describe('broken', () => {
  const table: [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['two values', Buffer.from([1, 2])],
    ['a list that claims four billion', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff, 1])],
    ['lists that each claim more than there is', Buffer.concat(Array(20).fill(Buffer.from([0xdd, 0, 0, 0xff, 0xff])))],
    ['a map that claims four billion', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 1])],
    ['a text that claims more than there is', Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff, 0x61])],
    ['a number as key', Buffer.from([0x81, 1, 1])],
    ['a list as key', Buffer.from([0x81, 0x90, 1])],
    ['no UTF-8', text(0xff)],
    ['half a surrogate', text(0xed, 0xa0, 0x80)],
    ['binary data', Buffer.from([0xc4, 1, 0])],
    ['a time stamp', of(new Date())],
    ['an extension', Buffer.from([0xd4, 7, 0])],
    ['the byte that is never used', Buffer.from([0xc1])],
  ];
  test.each(table)('%s', (_name, bytes) => expect(shapeOf(bytes, maxDepth)).toBe('broken'));
});
