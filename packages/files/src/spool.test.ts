import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '@kuraxx/event-store';
import { tempFolder } from '@kuraxx/testing';
import { expect, test } from 'vitest';
import { createGate } from './gate.ts';
import { createSpool } from './spool.ts';

const withSpool = async (run: (spool: Awaited<ReturnType<typeof createSpool>>, path: string) => Promise<void>) => {
  const folder = await tempFolder('spool');
  try {
    await run(await createSpool(folder.path), folder.path);
  } finally {
    await folder.remove();
  }
};

test('a stream that is too long is stopped as soon as it is', () =>
  withSpool(async (spool, path) => {
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given += 1000;
          yield Buffer.alloc(1000);
        }
      })(),
    );
    const file = spool.file();
    await expect(file.write(endless, 10_000)).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
    expect(given).toBeLessThan(200_000);
    await file.discard();
    expect(await readdir(path)).toEqual([]);
  }));

test('a stream that breaks off right away leaves nothing behind once it was discarded', () =>
  withSpool(async (spool, path) => {
    for (let round = 0; round < 50; round++) {
      const file = spool.file();
      const broken = new Readable({ read: () => undefined });
      setImmediate(() => broken.destroy(new Error('cut off')));
      await expect(file.write(broken, 10)).rejects.toThrow('cut off');
      await file.discard();
    }
    expect(await readdir(path)).toEqual([]);
  }));

test('what a killed process has left is cleared away after an hour', () =>
  withSpool(async (spool, path) => {
    await writeFile(join(path, 'old'), 'x');
    await writeFile(join(path, 'new'), 'x');
    const longAgo = Date.now() / 1000 - 3_700;
    await utimes(join(path, 'old'), longAgo, longAgo);
    await spool.sweep();
    expect(await readdir(path)).toEqual(['new']);
  }));

test('so many run, so many wait, the next one is told to come back', async () => {
  const gate = createGate({ running: 2, waiting: 3 });
  let active = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++active);
    await delay(1);
    active--;
  };
  const all = await Promise.allSettled(Array.from({ length: 6 }, () => gate(work)));
  expect(all.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected']);
  expect(all[5]).toMatchObject({ reason: expect.any(Unavailable) });
  expect(most).toBe(2);
  await gate(work); // also after somebody has failed
});
