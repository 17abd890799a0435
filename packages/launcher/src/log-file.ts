import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, type Report } from './report.ts';

const maxBytes = 10 * 1024 * 1024;

export type LogFile = {
  /** Never throws: when a line can't be written, `failed` is told once and the rest is lost. Nothing happens after `close`. */
  write(line: string): void;
  close(): void;
};

/** Puts the log files of the start before this one aside, as `<name>.log.1`. */
export const rotateLogs = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    if (name.endsWith('.log') && (await stat(file)).size > 0) await rename(file, `${file}.1`);
  }
};

/**
 * A file that lines are appended to. Past 10 MB it becomes `<file>.1` and a new one begins, so that two of them at most
 * take the disk. Writes are synchronous: the launcher has nothing better to do, and what was written survives its death.
 */
export const openLogFile = (file: string, failed: (error: unknown) => void): LogFile => {
  let fd: number | undefined;
  let bytes = 0;

  const close = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const open = (): void => {
    fd = openSync(file, 'a');
    bytes = fstatSync(fd).size;
  };
  /** After a failure nothing more is written: `fd` stays closed. */
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      close();
      failed(error);
    }
  };
  attempt(open);
  return {
    write: (line) =>
      attempt(() => {
        if (fd === undefined) return;
        bytes += writeSync(fd, `${line}\n`);
        if (bytes < maxBytes) return;
        close();
        renameSync(file, `${file}.1`);
        open();
      }),
    close,
  };
};

export type LogFiles = {
  /** As `LogFile.write`, to `<data dir>/logs/<name>.log`. */
  write(name: string, line: string): void;
  close(): void;
};

/** The log files of servers, each opened with its first line. What can't be written is reported once for each. */
export const openLogFiles = (dataDir: string, report: Report): LogFiles => {
  const files = new Map<string, LogFile>();
  let isClosed = false;
  const open = (name: string): LogFile => {
    const file = openLogFile(join(dataDir, 'logs', `${name}.log`), (error) =>
      report(`${name}: its log can't be written: ${messageOf(error)}`),
    );
    files.set(name, file);
    return file;
  };
  return {
    write: (name, line) => {
      if (!isClosed) (files.get(name) ?? open(name)).write(line);
    },
    close: () => {
      isClosed = true;
      for (const file of files.values()) file.close();
    },
  };
};
