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
