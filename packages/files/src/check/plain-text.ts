import { createReadStream } from 'node:fs';

/** Control characters that no text has: all but tab, line feed, form feed, carriage return and escape. */
const isBinary = (byte: number): boolean =>
  byte === 0x7f || (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b);

const wideMarks = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])];

/** Whether a file can be text (which file-type doesn't know) in any encoding: no control characters, or the byte order mark of UTF-16. Reads all of it. */
export const isPlainText = async (path: string): Promise<boolean> => {
  let isFirst = true;
  for await (const chunk of createReadStream(path)) {
    const bytes: Buffer = chunk;
    if (isFirst && wideMarks.some((mark) => bytes.subarray(0, 2).equals(mark))) return true;
    isFirst = false;
    if (bytes.some(isBinary)) return false;
  }
  return true;
};
