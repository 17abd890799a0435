import { createWriteStream, type WriteStream } from 'node:fs';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

const maxBytes = 10 * 1024 * 1024;

export type LogFile = {
  /** Never throws: a line that can't be written is lost, and `failed` is told about the first one. */
  write(line: string): void;
  close(): Promise<void>;
};

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0, // not there yet
  );

/** Puts the log files of the start before this one aside, as `<name>.log.1`. */
export const rotateLogs = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if (name.endsWith('.log') && (await sizeOf(file)) > 0) await rename(file, `${file}.1`);
  }
};

/**
 * A file that lines are appended to. Past 10 MB it becomes `<file>.1` and a new one begins, so that two of them at most
 * take the disk.
 */
export const openLogFile = async (file: string, failed: (error: Error) => void): Promise<LogFile> => {
  let bytes = await sizeOf(file);
  let broken = false;
  let rotating = false;
  const open = (): WriteStream =>
    createWriteStream(file, { flags: 'a' }).on('error', (error) => {
      if (!broken) failed(error);
      broken = true;
    });
  let stream = open();

  const rotate = (): void => {
    rotating = true;
    const full = stream;
    full.cork(); // what comes meanwhile is kept in memory and goes to the old file: nothing is lost in between
    rename(file, `${file}.1`)
      .then(() => {
        stream = open();
        bytes = 0;
      })
      .catch((error: Error) => {
        failed(error);
        bytes = 0; // tried again after as many bytes more
      })
      .finally(() => {
        full.uncork();
        if (full !== stream) full.end();
        rotating = false;
      });
  };
  return {
    write: (line) => {
      if (broken) return;
      bytes += Buffer.byteLength(line) + 1;
      stream.write(`${line}\n`);
      if (bytes > maxBytes && !rotating) rotate();
    },
    close: () => (broken ? Promise.resolve() : new Promise((resolve) => stream.end(() => resolve()))),
  };
};
