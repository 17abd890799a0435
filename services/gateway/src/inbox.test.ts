import { expect, test } from 'vitest';
import { createInbox } from './inbox.ts';

const limits = { maxQueuedFrames: 3, framesPerSecond: 10, burstFrames: 100 };

test('handles frames one at a time, in order', async () => {
  const log: string[] = [];
  const inbox = createInbox(async (text) => {
    log.push(`${text} begins`);
    await Promise.resolve();
    log.push(`${text} ends`);
  }, limits);
  for (const text of ['a', 'b', 'c']) expect(inbox.push(text, 0)).toBe(true);
  await inbox.idle();
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('what needs no waiting is handled in the call', () => {
  const log: string[] = [];
  const inbox = createInbox((text) => void log.push(text), limits);
  inbox.push('a', 0);
  expect(log).toEqual(['a']);
});

test('a queue that is too long is a flood', () => {
  const inbox = createInbox(() => new Promise<void>(() => undefined), limits);
  expect(['a', 'b', 'c', 'd', 'e'].map((text) => inbox.push(text, 0))).toEqual([true, true, true, true, false]);
});

test('more frames than the rate allows are a flood; after a pause it may send again', () => {
  const inbox = createInbox(() => undefined, { ...limits, burstFrames: 5 });
  const burst = (nowMs: number) => Array.from({ length: 7 }, () => inbox.push('x', nowMs)).filter(Boolean).length;
  expect(burst(0)).toBe(5);
  expect(burst(10_000)).toBe(5);
});

test('after clearing only the frame at work is finished', async () => {
  const log: string[] = [];
  const inbox = createInbox(async (text) => {
    await Promise.resolve();
    log.push(text);
    if (text === 'b') inbox.clear();
  }, limits);
  for (const text of ['a', 'b', 'c', 'd']) inbox.push(text, 0);
  await inbox.idle();
  expect(log).toEqual(['a', 'b']);
});
