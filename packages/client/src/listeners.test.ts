import { expect, test } from 'vitest';
import { createListeners } from './listeners.ts';

const all = async <T>(events: AsyncIterable<T>): Promise<T[]> => {
  const read: T[] = [];
  for await (const event of events) read.push(event);
  return read;
};

type Event = { readonly type: 'a'; readonly value: number } | { readonly type: 'b' };

test('an iterator gives what came since it was made, in order, and ends after the end', async () => {
  const { iterate, emit, end } = createListeners<Event>();
  emit({ type: 'b' });
  const iterator = iterate();
  emit({ type: 'a', value: 1 });
  emit({ type: 'a', value: 2 });
  end();
  expect(await all(iterator)).toEqual([
    { type: 'a', value: 1 },
    { type: 'a', value: 2 },
  ]);
  expect(await all(iterate())).toEqual([]);
});

test('who leaves a loop hears no more, and others go on', async () => {
  const { iterate, on, emit } = createListeners<Event>();
  const heard: number[] = [];
  on('a', ({ value }) => heard.push(value));
  const iterator = iterate();
  emit({ type: 'a', value: 1 });
  for await (const event of iterator) {
    expect(event).toEqual({ type: 'a', value: 1 });
    break;
  }
  emit({ type: 'a', value: 2 });
  expect((await iterator.next()).done).toBe(true);
  expect(heard).toEqual([1, 2]);
});

test('an iterator that isn’t read says that it missed something instead of growing for ever', async () => {
  const { iterate, emit } = createListeners<Event>();
  const iterator = iterate();
  for (let value = 0; value < 10_001; value++) emit({ type: 'a', value });
  let read = 0;
  const reading = (async () => {
    for await (const event of iterator) if (event.type === 'a') read++;
  })();
  await expect(reading).rejects.toMatchObject({ name: 'TooSlow' });
  expect(read).toBe(10_000);
});

test('a listener stops when it is told to', () => {
  const { on, emit } = createListeners<Event>();
  const heard: string[] = [];
  const stop = on('b', ({ type }) => heard.push(type));
  emit({ type: 'b' });
  stop();
  emit({ type: 'b' });
  expect(heard).toEqual(['b']);
});
