import { rename } from 'node:fs/promises';
import { Refusal } from '@kuraxx/domain';
import sharp, { type SharpOptions } from 'sharp';
import { createGate } from '../gate.ts';
import type { Spool, SpoolFile } from '../spool.ts';
import { hasPersonalData } from './personal-data.ts';

/** A picture of more pixels is a bomb: 50 MP are four bytes each. All frames of an animation count together. */
const maxPixels = 50_000_000;
const thumbnailSize = 400;
const thumbnailQuality = 80;
const quality = 90;
/** libvips gives up after so long. */
const timeoutSeconds = 30;

// One thread each and nothing kept: what runs at once is decided here, and memory stays flat.
sharp.concurrency(1);
sharp.cache(false);
// Of all that libvips can read, these four: the loaders of rarer formats are where the holes are.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif'],
});
const inTurn = createGate({ running: 2, waiting: 200 });

const open = (path: string, options: SharpOptions = {}) =>
  sharp(path, { limitInputPixels: maxPixels, failOn: 'error', ...options }).timeout({
    seconds: timeoutSeconds,
  });

/** Writes the picture anew, upright and with nothing but its colours; animations stay. */
const withoutMetadata = async (path: string, format: string, target: SpoolFile): Promise<void> => {
  const upright = open(path, { animated: true }).autoOrient().keepIccProfile();
  switch (format) {
    case 'jpeg':
      await upright.jpeg({ quality }).toFile(target.path);
      break;
    case 'webp':
      await upright.webp({ quality }).toFile(target.path);
      break;
    case 'gif':
      await upright.gif().toFile(target.path);
      break;
    default:
      await upright.png().toFile(target.path);
  }
};

const refuse = (cause: unknown): never => {
  throw new Refusal('FILE_TYPE_NOT_ALLOWED', 'This picture can not be read', { cause });
};

/**
 * Decodes a picture, strips it of what it says about its maker (in place), and makes its small picture. A picture without
 * such data stays as it is, byte for byte.
 *
 * @returns the small picture; the caller discards it
 * @throws {Refusal} FILE_TYPE_NOT_ALLOWED for what can't be decoded or is too large once it is
 */
export const preparePicture = (path: string, spool: Spool): Promise<SpoolFile> =>
  inTurn(async () => {
    const [clean, thumbnail] = [spool.file(), spool.file()];
    try {
      const found = await open(path).metadata();
      await open(path)
        .autoOrient()
        .resize(thumbnailSize, thumbnailSize, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality: thumbnailQuality })
        .toFile(thumbnail.path);
      if (await hasPersonalData(path, found)) {
        await withoutMetadata(path, found.format, clean);
        await rename(clean.path, path);
      }
      return thumbnail;
    } catch (error) {
      await Promise.all([clean.discard(), thumbnail.discard()]);
      return refuse(error);
    }
  });
