import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPidFile, withFolderLock, writePidFile } from '@kuraxx/servers';
import { rotateLogs } from './log-file.ts';
import { messageOf, StartError } from './report.ts';

const lockTimeoutMs = 5_000;

/**
 * Takes the data folder for this process. A lock whose process is gone counts for nothing.
 *
 * @returns how to give it back
 * @throws {StartError} when another system runs on it, or it can't be written to
 */
export const takeDataDir = async (dataDir: string): Promise<() => Promise<void>> => {
  const file = join(dataDir, 'lock');
  try {
    await mkdir(join(dataDir, 'logs'), { recursive: true });
    await withFolderLock(join(dataDir, 'lock.taking'), lockTimeoutMs, async () => {
      const pid = await readPidFile(file);
      if (pid !== undefined && pid !== process.pid) {
        throw new StartError(
          `KuraXX already runs on ${dataDir} (process ${pid}). Stop it first, or set KURAXX_DATA_DIR to another folder (and PORT and WS_PORT to free ports).`,
        );
      }
      await writePidFile(file, process.pid);
    });
    await rotateLogs(join(dataDir, 'logs'));
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(`The data folder ${dataDir} can't be used: ${messageOf(error)}`);
  }
  return () => rm(file, { force: true });
};

/** The secret that signs tokens: made once and kept in the data folder, so that sessions survive a restart. */
export const keptSecret = async (dataDir: string): Promise<string> => {
  const file = join(dataDir, 'jwt-secret');
  const kept = await readFile(file, 'utf8').catch(() => ''); // first start
  if (kept.trim().length >= 32) return kept.trim();
  const secret = randomBytes(48).toString('base64url');
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
};
