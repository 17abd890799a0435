import { expect, test } from 'vitest';
import type { Happening } from '../history/records.ts';
import { check } from './check.ts';
import { ann, goodLog, goodRecording, mirrored, record, sent, timeAt, withUuids } from './recording.fixture.ts';

const log = withUuids(goodLog);
const publishes = log.flatMap(mirrored);
const subscribed: Happening = { type: 'subscribed', consumer: 'consumer' };
const quiet: Happening = { type: 'phase', phase: 'quiet' };
/** What the mirror broke in a run in which a consumer heard this. */
const misheard = (happenings: readonly Happening[]): string[] =>
  check({ ...goodRecording, log, history: record([subscribed, ...happenings, quiet]) })
    .filter(({ rule }) => rule === 'mirror')
    .map(({ what }) => what);

test('a consumer who hears everything in order', () => expect(misheard(publishes)).toEqual([]));

test('a publish that a subscribed consumer never hears', () => {
  expect(misheard(publishes.toSpliced(2, 1))).toEqual(['1 publish(es) never reached consumer, who was subscribed']);
  expect(misheard(publishes.slice(0, -1))).toEqual(['1 publish(es) never reached consumer, who was subscribed']);
});

test('publishes in another order', () => {
  const [first, second, ...rest] = publishes;
  const swapped = [second, first, ...rest].filter((one) => one !== undefined);
  expect(misheard(swapped)).toEqual(['1 publish(es) never reached consumer, who was subscribed']);
});

test('a publish of nothing', () => {
  const invented = withUuids([sent(10, ann, 'never sent', 't10')]).flatMap(mirrored);
  expect(misheard([...publishes, ...invented])).toEqual(['a publish that no event of the log calls for']);
});

const fault = (type: 'faultBegun' | 'faultEnded', target: string): Happening => ({ type, fault: 'kill 1', target });

test('a publish that comes twice, when nothing is broken and after all has caught up', () => {
  const again = publishes.slice(-1);
  expect(misheard([...publishes, ...again])).toEqual(['a publish came twice although nothing was broken']);
  expect(misheard([...publishes, fault('faultBegun', 'api'), ...again])).toHaveLength(1);
  const calm: Happening = { type: 'phase', phase: 'calm' };
  expect(misheard([fault('faultBegun', 'bridge'), ...publishes, calm, ...again])).toHaveLength(1);
});

test('after a fault of the mirror a part may come again, from the last known position on', () => {
  const again = publishes.slice(1);
  const heardAll = [...publishes.slice(0, 4), fault('faultBegun', 'bridge'), fault('faultEnded', 'bridge'), ...again];
  expect(misheard(heardAll)).toEqual([]);
});

test('what was published while a consumer was not subscribed need not reach it; what happened later must', () => {
  const away: Happening = { type: 'unsubscribed', consumer: 'consumer' };
  const missed = (upTo: number): string[] => {
    // back at the time of event 5, and 4 and 5 never come
    const happenings = [...publishes.slice(0, 3), away, subscribed, ...publishes.slice(upTo)];
    const history = record([subscribed, ...happenings, quiet]).map((one) =>
      one.type === 'subscribed' && one.n > 0 ? { ...one, at: timeAt(5) } : one,
    );
    return check({ ...goodRecording, log, history })
      .filter(({ rule }) => rule === 'mirror')
      .map(({ what }) => what);
  };
  expect(missed(5)).toEqual([]);
  expect(missed(6)).toEqual(['1 publish(es) never reached consumer, who was subscribed']); // event 6 as well
});
