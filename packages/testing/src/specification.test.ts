import { expect, test } from 'vitest';
import { eventually, specificationOf } from './index.ts';

class Refused extends Error {
  readonly code = 'TOO_MANY';
}
const given = specificationOf({
  initialState: () => 0,
  evolve: (count: number, event: { readonly added: number }) => count + event.added,
  decide: (command: { readonly to: number }, count: number) => {
    if (command.to > 10) throw new Refused();
    return command.to === count ? [] : [{ added: command.to - count }];
  },
});

test('events are compared', () => given({ added: 2 }, { added: 1 }).when({ to: 5 }).then({ added: 2 }));
test('nothing is an outcome', () => given({ added: 5 }).when({ to: 5 }).thenNothing());
test('a refusal is told by its code', () => given().when({ to: 11 }).thenRefused('TOO_MANY'));

test('a wrong expectation fails', () => {
  expect(() => given().when({ to: 5 }).then({ added: 4 })).toThrow('expected');
  expect(() => given().when({ to: 5 }).thenNothing()).toThrow('expected');
  expect(() => given().when({ to: 5 }).thenRefused('TOO_MANY')).toThrow('expected');
  expect(() => given().when({ to: 11 }).thenRefused('FORBIDDEN')).toThrow('expected');
});

test('eventually gives the value, or the last error after its time', async () => {
  let calls = 0;
  const third = () => {
    calls += 1;
    if (calls < 3) throw new Error(`call ${calls}`);
    return calls;
  };
  expect(await eventually(third, { intervalMs: 1 })).toBe(3);
  await expect(eventually(() => expect(1).toBe(2), { timeoutMs: 20 })).rejects.toThrow(/not within 20 ms: expected 1/);
});
