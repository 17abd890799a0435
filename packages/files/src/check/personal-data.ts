import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Metadata } from 'sharp';

/** What a JPEG needs to be shown in its right colours: its start, tables, frames, JFIF, ICC profile and Adobe's colour transform. */
const isShowing = (marker: number): boolean =>
  marker === 0xe0 || marker === 0xe2 || marker === 0xee || (marker >= 0xc0 && marker <= 0xdf);
const startOfScan = 0xda;

/** Whether a JPEG has segments that say something beside the picture: sharp names EXIF, XMP and IPTC, but no comments. */
const hasOtherSegments = async (file: FileHandle): Promise<boolean> => {
  const head = Buffer.alloc(4);
  for (let at = 2; ; ) {
    const { bytesRead } = await file.read(head, 0, 4, at);
    const marker = head.readUInt8(1);
    if (bytesRead < 4 || head.readUInt8(0) !== 0xff || !isShowing(marker)) return true;
    if (marker === startOfScan) return false;
    at += 2 + head.readUInt16BE(2);
  }
};

/** How a GIF holds XMP, of which sharp says nothing. */
const gifXmp = 'XMP DataXMP';

const contains = async (path: string, needle: string): Promise<boolean> => {
  let tail = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    const bytes = Buffer.concat([tail, chunk]);
    if (bytes.includes(needle)) return true;
    tail = bytes.subarray(-needle.length);
  }
  return false;
};

/** Whether a picture says where, when, with what or by whom it was made, or is to be turned by who shows it. */
export const hasPersonalData = async (path: string, found: Metadata): Promise<boolean> => {
  const parts = [found.exif, found.xmp, found.iptc, found.comments, found.tifftagPhotoshop];
  if (parts.some((part) => part !== undefined) || (found.orientation ?? 1) !== 1) return true;
  if (found.format === 'gif') return await contains(path, gifXmp);
  if (found.format !== 'jpeg') return false;
  const file = await open(path);
  try {
    return await hasOtherSegments(file);
  } finally {
    await file.close();
  }
};
