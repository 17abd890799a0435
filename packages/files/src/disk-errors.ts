import { Unavailable } from '@kuraxx/event-store';

/** What says that the disk can't be used at the moment, which is nobody's mistake: full, over quota, read-only, broken. */
const codes = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE', 'EACCES', 'EPERM']);

/** Runs work on files. @throws {Unavailable} naming what was being done, when the disk can't be used */
export const guardDisk = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!codes.has(code)) throw error;
    throw new Unavailable(`${doing}: ${code}`, { cause: error });
  }
};
