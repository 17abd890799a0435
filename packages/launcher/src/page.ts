import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { repository } from './service-process.ts';

const run = promisify(execFile);
const timeoutMs = 120_000;

/**
 * Builds the chat page when its sources have changed since the last time: half a second when they have not, a few when they have. In a process of
 * its own, so that the bundler's memory is given back.
 *
 * @throws {Error} with what the bundler said
 */
export const buildPage = async (signal?: AbortSignal): Promise<void> => {
  const program = resolve(repository, 'packages/web/src/build-when-stale.ts');
  const options = { cwd: repository, timeout: timeoutMs, ...(signal === undefined ? {} : { signal }) };
  await run(process.execPath, ['--conditions=source', program], options);
};
