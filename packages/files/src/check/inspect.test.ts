import { readdir, readFile, writeFile } from 'node:fs/promises';
import { type TempFolder, tempFolder } from '@kuraxx/testing';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createSpool, type Spool, type SpoolFile } from '../spool.ts';
import { inspect } from './inspect.ts';

let folder: TempFolder;
let spool: Spool;
let file: SpoolFile;

beforeAll(async () => {
  folder = await tempFolder('inspect');
  spool = await createSpool(folder.path);
});
afterAll(() => folder.remove());
beforeEach(() => {
  file = spool.file();
  return () => file.discard();
});

const inspected = async (content: Uint8Array | string, declared: string) => {
  await writeFile(file.path, content);
  return await inspect(file.path, declared, spool);
};
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

test.each<[type: string, content: Uint8Array | string]>([
  ['text/plain', 'hello\tworld\r\n'],
  ['text/plain', ''],
  ['text/plain', '<html><script>alert(1)</script>'], // never shown as a page: see the download
  ['text/plain', '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'],
  ['text/plain', Buffer.from('Grüße', 'latin1')],
  ['text/plain', Buffer.from('\ufeffGrüße', 'utf16le')],
  ['application/pdf', '%PDF-1.4\n%%EOF'],
  ['application/zip', hex('504b0506000000000000000000000000000000000000')],
  ['application/x-rar-compressed', hex('526172211a0700')],
  ['application/msword', hex(`d0cf11e0a1b11ae1${'00'.repeat(504)}`)],
  ['application/vnd.ms-excel', hex(`d0cf11e0a1b11ae1${'00'.repeat(504)}`)],
  ['audio/webm', hex('1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104')],
])('%s is what it says', async (declared, content) => {
  expect(await inspected(content, declared)).toEqual({
    mimeType: declared,
    fileSize: content.length,
    thumbnail: undefined,
  });
});

test.each<[what: string, declared: string, content: Uint8Array | string]>([
  ['a program', 'application/pdf', hex('7f454c4602010100000000000000000002003e0001000000')],
  ['a program', 'text/plain', hex('7f454c4602010100000000000000000002003e0001000000')],
  ['a page', 'image/png', '<html><script>alert(1)</script>'],
  ['an SVG', 'image/png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
  ['bytes', 'text/plain', hex('00010203')],
  ['a text', 'application/zip', 'hello'],
  ['a ZIP', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', hex('504b0506'.padEnd(44, '0'))],
  ['a PDF', 'application/msword', '%PDF-1.4\n%%EOF'],
  ['nothing', 'image/png', ''],
])('%s that calls itself %s is refused', async (_what, declared, content) => {
  await expect(inspected(content, declared)).rejects.toMatchObject({ code: 'FILE_TYPE_NOT_ALLOWED' });
});

const picture = (width = 600, height = 400): Sharp =>
  sharp({ create: { width, height, channels: 3, background: 'red' } });

test.each(['png', 'jpeg', 'webp', 'gif'] as const)(
  'a bare %s stays as it is, with a small one beside it',
  async (kind) => {
    const content = await picture().toFormat(kind).toBuffer();
    const found = await inspected(content, `image/${kind}`);
    expect(found).toMatchObject({ mimeType: `image/${kind}`, fileSize: content.length });
    expect((await readFile(file.path)).equals(content)).toBe(true);
    const small = await sharp(await readFile(found.thumbnail?.path ?? '')).metadata();
    expect(small).toMatchObject({ format: 'webp', width: 400, height: 267 });
    await found.thumbnail?.discard();
  },
);

test('between kinds of pictures the bytes count', async () => {
  const found = await inspected(await picture().jpeg().toBuffer(), 'image/png');
  expect(found.mimeType).toBe('image/jpeg');
  await found.thumbnail?.discard();
});

const secret = 'taken in the garden of Mira';
const gps = { IFD0: { Copyright: secret }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' } };
/** A JPEG's comment: a segment of its own after the first two bytes. */
const withComment = (jpeg: Buffer): Buffer => {
  const head = Buffer.from([0xff, 0xfe, 0, secret.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), head, Buffer.from(secret), jpeg.subarray(2)]);
};

/** A GIF's XMP: an application extension before its last byte. */
const withGifXmp = (gif: Buffer): Buffer => {
  const head = Buffer.from([0x21, 0xff, 11]);
  const body = Buffer.concat([Buffer.from([secret.length]), Buffer.from(secret), Buffer.from([0])]);
  return Buffer.concat([gif.subarray(0, -1), head, Buffer.from('XMP DataXMP'), body, gif.subarray(-1)]);
};

test.each<[what: string, type: string, content: () => Promise<Buffer>]>([
  ['a GIF with XMP', 'image/gif', async () => withGifXmp(await picture().gif().toBuffer())],
  ['a JPEG with a place', 'image/jpeg', () => picture().withExif(gps).jpeg().toBuffer()],
  ['a PNG with a place', 'image/png', () => picture().withExif(gps).png().toBuffer()],
  ['a WebP with a place', 'image/webp', () => picture().withExif(gps).webp().toBuffer()],
  [
    'a JPEG with XMP',
    'image/jpeg',
    () => picture().withXmp(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${secret}</x:xmpmeta>`).jpeg().toBuffer(),
  ],
  ['a JPEG with a comment', 'image/jpeg', async () => withComment(await picture().jpeg().toBuffer())],
])('%s loses what it says about its maker', async (_what, type, content) => {
  const bytes = await content();
  expect(bytes.includes(secret)).toBe(true);
  const found = await inspected(bytes, type);
  const kept = await readFile(file.path);
  expect(kept.includes(secret)).toBe(false);
  const { width, height, exif, xmp } = await sharp(kept).metadata();
  expect({ width, height, exif, xmp }).toEqual({ width: 600, height: 400, exif: undefined, xmp: undefined });
  expect(found.fileSize).toBe(kept.length);
  expect((await readFile(found.thumbnail?.path ?? '')).includes(secret)).toBe(false);
  await found.thumbnail?.discard();
});

test('a picture that was taken sideways is upright, its small one too', async () => {
  const found = await inspected(await picture().withMetadata({ orientation: 6 }).jpeg().toBuffer(), 'image/jpeg');
  const { width, height, orientation } = await sharp(await readFile(file.path)).metadata();
  expect({ width, height, orientation }).toEqual({ width: 400, height: 600, orientation: undefined });
  expect(await sharp(await readFile(found.thumbnail?.path ?? '')).metadata()).toMatchObject({
    width: 267,
    height: 400,
  });
  await found.thumbnail?.discard();
});

test.each<[what: string, content: () => Promise<Buffer>]>([
  ['half a picture', async () => (await picture().png().toBuffer()).subarray(0, 300)],
  ['a bomb of 80 million pixels', () => picture(10_000, 8_000).png({ compressionLevel: 9 }).toBuffer()],
])('%s is refused, and nothing stays of it', async (_what, content) => {
  await expect(inspected(await content(), 'image/png')).rejects.toMatchObject({ code: 'FILE_TYPE_NOT_ALLOWED' });
  await file.discard();
  expect(await readdir(folder.path)).toEqual([]);
});
