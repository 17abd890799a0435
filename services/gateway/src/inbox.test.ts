import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createInbox, type Inbox, type InboxLimits } from './inbox.ts';
import type { RawFrame } from './parse-frame.ts';

const limits = {
  maxQueuedFrames: 3,
  maxQueuedLength: 10,
  framesPerSecond: 10,
  burstFrames: 100,
  maxRefusedFrames: 4,
};

const inboxOf = (handle: (frame: RawFrame) => Promise<void> | undefined, some: InboxLimits): Inbox =>
  createInbox('ann', (_owner, frame) => handle(frame), some);

test('handles frames one at a time, in order', async () => {
  const log: string[] = [];
  const inbox = inboxOf(async (text) => {
    log.push(`${String(text)} begins`);
    await Promise.resolve();
    log.push(`${String(text)} ends`);
  }, limits);
  for (const text of ['a', 'b', 'c']) expect(inbox.push(text, 0).is).toBe('taken');
  await inbox.idle();
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

test('what needs no waiting is handled in the call', () => {
  const log: string[] = [];
  const inbox = inboxOf((text) => void log.push(String(text)), limits);
  inbox.push('a', 0);
  expect(log).toEqual(['a']);
});

const never = () => new Promise<void>(() => undefined);
const pushAll = (inbox: Inbox, texts: readonly string[], nowMs = 0) => texts.map((text) => inbox.push(text, nowMs).is);
const many = (count: number): string[] => Array.from({ length: count }, () => 'x');

test('what does not fit into the queue is refused, by number and by length', () => {
  const byNumber = inboxOf(never, limits);
  expect(pushAll(byNumber, many(6))).toEqual(['taken', 'taken', 'taken', 'taken', 'refused', 'refused']);
  const byLength = inboxOf(never, limits);
  expect(pushAll(byLength, ['at work', '123456', '7890', '1'])).toEqual(['taken', 'taken', 'taken', 'refused']);
});

test('more frames than the rate allows are refused with the time to wait; after it there is room', () => {
  const inbox = inboxOf(() => undefined, { ...limits, burstFrames: 5 });
  expect(pushAll(inbox, many(6))).toEqual(['taken', 'taken', 'taken', 'taken', 'taken', 'refused']);
  const refused = inbox.push('x', 0);
  const retryAfterMs = refused.is === 'refused' ? refused.retryAfterMs : 0;
  expect(retryAfterMs).toBe(100);
  expect(pushAll(inbox, many(2), retryAfterMs)).toEqual(['taken', 'refused']);
});

test('who goes on regardless is a flood, who pauses is forgiven', () => {
  const inbox = inboxOf(() => undefined, { ...limits, burstFrames: 5 });
  expect(pushAll(inbox, many(9)).slice(5)).toEqual(['refused', 'refused', 'refused', 'refused']);
  expect(pushAll(inbox, many(9), 10_000).slice(5)).toEqual(['refused', 'refused', 'refused', 'refused']);
  expect(pushAll(inbox, many(1), 10_000)).toEqual(['flood']);
});

test('a client that waits as it is told is never a flood', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 200 }), (bursts) => {
      const inbox = inboxOf(() => undefined, { ...limits, burstFrames: 5 });
      let nowMs = 0;
      for (const burst of bursts) {
        for (let sent = 0; sent < burst; sent++) {
          const pushed = inbox.push('x', nowMs);
          expect(pushed.is).not.toBe('flood');
          if (pushed.is === 'refused') {
            nowMs += pushed.retryAfterMs;
            break;
          }
        }
        nowMs += 1;
      }
    }),
  );
});

test('after clearing only the frame at work is finished', async () => {
  const log: string[] = [];
  const inbox = inboxOf(async (text) => {
    await Promise.resolve();
    log.push(String(text));
    if (text === 'b') inbox.clear();
  }, limits);
  for (const text of ['a', 'b', 'c', 'd']) inbox.push(text, 0);
  await inbox.idle();
  expect(log).toEqual(['a', 'b']);
});
