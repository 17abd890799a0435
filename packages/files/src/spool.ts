import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { requireSize } from '@kuraxx/domain';
import { guardDisk } from './disk-errors.ts';

/** A file that is being put together. */
export type SpoolFile = {
  readonly path: string;
  /**
   * Takes a stream to its end, without ever holding more than a piece of it.
   *
   * @returns how many bytes came
   * @throws {Refusal} FILE_TOO_LARGE as soon as there are more than `maxBytes`
   * @throws {Unavailable} when the disk is full; whatever the source fails with
   */
  write(source: Readable, maxBytes: number): Promise<number>;
  /** Deletes what is there; nothing there is fine. */
  discard(): Promise<void>;
};

/** A folder for files on their way, so that no upload is ever held in memory. */
export type Spool = {
  /** A new file; nothing is made on disk yet. */
  file(): SpoolFile;
  /** Deletes what a process that was killed has left: whatever was not written to for an hour. */
  sweep(): Promise<void>;
};

/** Longer than any request may take. */
const leftoverMs = 60 * 60_000;

const writeFile = async (path: string, source: Readable, maxBytes: number): Promise<number> => {
  let size = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    for await (const chunk of chunks) {
      size += chunk.length;
      requireSize(size, maxBytes);
      yield chunk;
    }
  }
  const target = createWriteStream(path);
  // a pipeline that fails doesn't wait for a file that is just being opened: it would appear after it was discarded
  const closed = new Promise<void>((resolve) => target.once('close', () => resolve()));
  try {
    await guardDisk('write an upload', () => pipeline(source, counted, target));
  } finally {
    await closed;
  }
  return size;
};

const spoolFile = (path: string): SpoolFile => ({
  path,
  write: (source, maxBytes) => writeFile(path, source, maxBytes),
  discard: () => rm(path, { force: true }),
});

/** Several processes may share the folder. */
export const createSpool = async (folder: string): Promise<Spool> => {
  await mkdir(folder, { recursive: true });
  return {
    file: () => spoolFile(join(folder, randomUUID())),
    sweep: async () => {
      for (const name of await readdir(folder)) {
        const path = join(folder, name);
        const found = await stat(path).catch(() => undefined); // gone meanwhile
        if (found !== undefined && Date.now() - found.mtimeMs > leftoverMs) await rm(path, { force: true });
      }
    },
  };
};
