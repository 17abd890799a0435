import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ServersError, systemCode } from './errors.ts';
import { readPidFile, writePidFile } from './pid-file.ts';

const pollMs = 100;

/**
 * Runs `work` while no other process runs it under the same lock folder. A holder that has died is recognised.
 *
 * @throws {ServersError} START_FAILED when another holds it for longer than `timeoutMs`
 */
export const withFolderLock = async <T>(lock: string, timeoutMs: number, work: () => Promise<T>): Promise<T> => {
  const owner = join(lock, 'owner');
  const until = Date.now() + timeoutMs;
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const ageMs = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0, // released meanwhile
    );
    // The owner's name follows the folder within milliseconds: older than that and without a living owner, it is stale
    if (ageMs > 2_000 && (await readPidFile(owner)) === undefined) await rm(lock, { recursive: true, force: true });
    else if (Date.now() > until) throw new ServersError('START_FAILED', `Another process holds ${lock} for too long.`);
    else await delay(pollMs);
  }
  try {
    await writePidFile(owner, process.pid);
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
};
