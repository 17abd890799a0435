import { expect, test } from 'vitest';
import { createPlan } from './plan.ts';
import { createRandom } from './random.ts';
import { linksOf, processesOf, serverNames, usualShape } from './shape.ts';

const plan = (seed: number, minutes = 2) => createPlan({ seed, shape: usualShape, durationMs: minutes * 60_000 });

test('the same seed gives the same plan of faults and of clients', () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(8).faults).not.toEqual(plan(7).faults);
  expect(plan(8).steps).not.toEqual(plan(7).steps);
});

test('what one part draws does not change what another gets', () => {
  const [one, other] = [createRandom(1), createRandom(1)];
  other.next();
  expect(one.fork('a').next()).toBe(other.fork('a').next());
  expect(one.fork('a').next()).not.toBe(one.fork('b').next());
});

test('a list in another order has everything once', () => {
  const list = Array.from({ length: 50 }, (_, index) => index);
  const shuffled = createRandom(3).shuffled(list);
  expect(shuffled).not.toEqual(list);
  expect(shuffled.toSorted((a, b) => a - b)).toEqual(list);
});

test('in ten minutes every process and server is killed and frozen, and every link cut, stalled and slowed', () => {
  const { faults } = plan(1, 10);
  const targetsOf = (...kinds: string[]) =>
    new Set(faults.filter(({ kind }) => kinds.includes(kind)).map(({ target }) => target));
  const running = [...processesOf(usualShape).map(({ name }) => name), ...serverNames];
  expect([...targetsOf('kill')]).toEqual(expect.arrayContaining(running));
  expect([...targetsOf('freeze')]).toEqual(expect.arrayContaining(running));
  const links = linksOf(usualShape);
  expect([...targetsOf('cut', 'stall', 'slow')]).toEqual(expect.arrayContaining([...links]));
});

test('faults begin after a calm start, end their beginning with the time, and overlap sometimes', () => {
  const { faults } = plan(2);
  expect(faults.length).toBeGreaterThan(30);
  expect(Math.min(...faults.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(8000);
  expect(Math.max(...faults.map(({ atMs }) => atMs))).toBeLessThanOrEqual(120_000);
  const overlaps = faults.filter((fault, index) => {
    const next = faults[index + 1];
    return next !== undefined && fault.atMs + fault.forMs > next.atMs;
  });
  expect(overlaps.length).toBeGreaterThan(5);
});

test('clients do everything that they can do', () => {
  const { steps, devices } = plan(3);
  const done = new Set(steps.flat().map((step) => step.do));
  expect([...done].toSorted()).toEqual(['delete', 'edit', 'joinOrLeave', 'read', 'removeOrAdd', 'repeat', 'send']);
  expect(new Set(devices.flatMap((device) => device.steps.map((step) => step.do)))).toEqual(
    new Set(['close', 'drop', 'unfollow']),
  );
});
