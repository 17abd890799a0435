import { createWriteStream, existsSync, renameSync, statSync, type WriteStream } from 'node:fs';

const maxBytes = 10 * 1024 * 1024;

/**
 * A file that lines are appended to. Past 10 MB it becomes `<file>.1` and a new one begins, so that it never fills the disk.
 */
export const openLogFile = (file: string) => {
  let bytes = existsSync(file) ? statSync(file).size : 0;
  let stream: WriteStream = createWriteStream(file, { flags: 'a' });
  return {
    write: (line: string): void => {
      if (bytes > maxBytes) {
        stream.end();
        renameSync(file, `${file}.1`);
        stream = createWriteStream(file, { flags: 'a' });
        bytes = 0;
      }
      bytes += Buffer.byteLength(line) + 1;
      stream.write(`${line}\n`);
    },
    close: (): Promise<void> => new Promise((resolve) => stream.end(() => resolve())),
  };
};
