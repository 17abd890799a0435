import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { lifecycle } from './lifecycle.ts';

afterEach(() => {
  vi.restoreAllMocks();
  for (const event of ['SIGTERM', 'SIGINT', 'uncaughtException', 'unhandledRejection'])
    process.removeAllListeners(event);
});

test('parts are stopped in reverse order, all of them, and a failure shows in the exit code', async () => {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  const stopped: string[] = [];
  const life = lifecycle(pino({ level: 'silent' }));
  await life.open(
    'first',
    () => 1,
    () => stopped.push('first'),
  );
  await life.open(
    'second',
    () => 2,
    () => Promise.reject(new Error('stuck')),
  );
  await life.open(
    'third',
    () => 3,
    () => stopped.push('third'),
  );
  await life.shutDown('test', 0);
  expect(stopped).toEqual(['third', 'first']);
  expect(exit).toHaveBeenCalledWith(1);
});

test('after SIGTERM all goes on for the delay, and is known to stop', async () => {
  const exited = Promise.withResolvers<void>();
  vi.spyOn(process, 'exit').mockImplementation(() => {
    exited.resolve();
    return undefined as never;
  });
  const life = lifecycle(pino({ level: 'silent' }), { stopDelayMs: 200 });
  const stopped: string[] = [];
  await life.open(
    'part',
    () => 1,
    () => stopped.push('part'),
  );
  const asked = Date.now();
  process.emit('SIGTERM', 'SIGTERM');
  expect(life.isStopping()).toBe(true);
  expect(stopped).toEqual([]);
  await exited.promise;
  expect(stopped).toEqual(['part']);
  expect(Date.now() - asked).toBeGreaterThanOrEqual(199);
});

test('what is fatal during the delay does not wait for it', async () => {
  const exit = vi.spyOn(process, 'exit').mockReturnValue(undefined as never);
  const life = lifecycle(pino({ level: 'silent' }), { stopDelayMs: 10_000 });
  process.emit('SIGTERM', 'SIGTERM');
  await life.shutDown('fatal error', 1);
  expect(exit).toHaveBeenCalledWith(1);
});
