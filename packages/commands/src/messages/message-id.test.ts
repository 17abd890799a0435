import { expect, test } from 'vitest';
import { uuidV7 } from '../uuid-v7.fixture.ts';
import { isFresh, messageIdOf } from './message-id.ts';

const now = Date.parse('2031-02-03T04:05:06.789Z');

test('sender, room and tempId give the id, in the shape of a v4 UUID', () => {
  const id = messageIdOf('ann', 'room', 't-1');
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(messageIdOf('ann', 'room', 't-1')).toBe(id);
  expect(new Set([id, messageIdOf('bob', 'room', 't-1'), messageIdOf('ann', 'roomt', '-1')]).size).toBe(3);
});

test('the id of a tempId stays the same for ever', () => {
  expect(messageIdOf('ann', 'room', 't-1')).toBe('69d6ed97-52f0-4d46-bd38-adc28c0e7186');
});

test('a UUIDv7 made a moment ago says so', () => {
  expect(isFresh(uuidV7(now), now)).toBe(true);
  expect(isFresh(uuidV7(now - 89_000), now)).toBe(true);
  expect(isFresh(uuidV7(now + 9_000), now)).toBe(true);
});

test('what is older, ahead of time or of another kind is looked up', () => {
  for (const tempId of [
    uuidV7(now - 91_000),
    uuidV7(now + 11_000),
    't-1',
    '6f1b1a52-4c6e-4b1c-9d8e-0c4a1b2c3d4e',
    '',
  ]) {
    expect(isFresh(tempId, now)).toBe(false);
  }
});
