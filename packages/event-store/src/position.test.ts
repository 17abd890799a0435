import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPosition, parsePosition, partitionOfRoom } from './position.ts';
import { partitionFilter, roomFilter, subjectText } from './subjects.ts';

const positions = fc.record({
  epoch: fc.stringMatching(/^[a-z0-9]{1,32}$/),
  partition: fc.oneof(fc.integer({ min: 0, max: 999 }), fc.constant('accounts' as const)),
  sequence: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
});

test('a position survives being written and read', () => {
  fc.assert(
    fc.property(positions, (position) => {
      expect(parsePosition(formatPosition(position))).toEqual(position);
    }),
  );
});

test.each([
  '',
  'k3',
  'k3.2',
  'k3.2.',
  'k3.-1.4',
  'k3.2.4.5',
  'k3.rooms.4',
  'K3.2.4',
  ' k3.2.4',
  'k3.2.4\n',
  'k3.2.1e3',
])('%j is no position', (text) => expect(parsePosition(text)).toBeUndefined());

// Positions in clients' hands name partitions: these pairs must never change.
test.each([
  ['5b0c1f6e-3c1d-4b58-9a44-0d5a3e0f7c11', 4, 1],
  ['0e8f2f6a-7d3b-4c1e-8f0a-1b2c3d4e5f60', 4, 2],
  ['a', 1000, 0xe40c292c % 1000],
  ['foobar', 1000, 0xbf9cf968 % 1000],
])('room %s is for ever in the same partition of %d', (roomId, partitions, expected) => {
  expect(partitionOfRoom(roomId, partitions)).toBe(expected);
});

test('rooms are spread evenly', () => {
  const counts = [0, 0, 0, 0];
  fc.assert(
    fc.property(fc.uuid(), (roomId) => {
      const partition = partitionOfRoom(roomId, 4);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }),
    { numRuns: 4000, seed: 1 },
  );
  for (const count of counts) expect(count).toBeGreaterThan(800);
});

test.each(['*', '>', 'a.b', '', 'a b', 'ä', 'x'.repeat(65)])('%j never gets into a subject', (id) => {
  expect(() => subjectText({ kind: 'room', roomId: id, aspect: 'msg' }, 4)).toThrow(TypeError);
  expect(() => subjectText({ kind: 'account', userId: id }, 4)).toThrow(TypeError);
  expect(() => subjectText({ kind: 'file', userId: 'u-1', fileId: id }, 4)).toThrow(TypeError);
  expect(() => roomFilter(id, 4)).toThrow(TypeError);
});

test('subjects are as documented', () => {
  expect(subjectText({ kind: 'account', userId: 'u-1' }, 4)).toBe('kuraxx.account.u-1');
  expect(subjectText({ kind: 'file', userId: 'u-1', fileId: 'f-1' }, 4)).toBe('kuraxx.account.u-1.file.f-1');
  expect(subjectText({ kind: 'room', roomId: 'a', aspect: 'edit' }, 1)).toBe('kuraxx.room.0.a.edit');
  expect(partitionFilter(2)).toBe('kuraxx.room.2.>');
});
