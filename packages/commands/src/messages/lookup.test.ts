import { Unavailable } from '@kuraxx/event-store';
import { expect, test } from 'vitest';
import { createMessageLookup } from './lookup.ts';

test('look-ups of one tick are one query, each id once', async () => {
  const asked: string[][] = [];
  const lookup = createMessageLookup(async (ids) => {
    asked.push(ids);
    return new Map();
  });
  expect(await Promise.all(['a', 'b', 'a'].map(lookup))).toEqual([undefined, undefined, undefined]);
  await lookup('c');
  expect(asked).toEqual([['a', 'b'], ['c']]);
});

test('each learns that the read model is away', async () => {
  const lookup = createMessageLookup(() => Promise.reject(new Unavailable('away')));
  const settled = await Promise.allSettled(['a', 'b'].map(lookup));
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
