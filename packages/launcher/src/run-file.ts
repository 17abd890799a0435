import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunFile } from '@kuraxx/runtime';

/** Keeps run.json in the data folder true: whole or absent, never half written. Calls are carried out one after the other. */
export const createRunFile = (dataDir: string) => {
  const file = join(dataDir, 'run.json');
  const draft = `${file}.${process.pid}.tmp`;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const result = last.then(work);
    last = result.catch(() => undefined); // reported to this call's caller; the next one goes on
    return result;
  };
  return {
    write: (content: RunFile) =>
      inTurn(async () => {
        await writeFile(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
        await rename(draft, file);
      }),
    remove: () => inTurn(() => rm(file, { force: true })),
  };
};
