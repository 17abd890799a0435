import { expect, test } from 'vitest';
import { createOwnData } from './own-data.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('data is own while its append is under way, under its id, byte by byte', () => {
  const own = createOwnData();
  own.begin('a', bytes('{"x":1}'));
  expect(own.has('a', bytes('{"x":1}'))).toBe(true);
  expect(own.has('a', bytes('{"x":1'))).toBe(false);
  expect(own.has('a', bytes('{"x":2}'))).toBe(false);
  expect(own.has('b', bytes('{"x":1}'))).toBe(false);
  own.end('a');
  expect(own.has('a', bytes('{"x":1}'))).toBe(false);
});
