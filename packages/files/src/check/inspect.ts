import { stat } from 'node:fs/promises';
import { isImageType, Refusal } from '@kuraxx/domain';
import type { Spool, SpoolFile } from '../spool.ts';
import { preparePicture } from './picture.ts';
import { sniff } from './sniff.ts';

/** What a file turned out to be. The caller discards the small picture. */
export type Inspected = {
  readonly mimeType: string;
  readonly fileSize: number;
  readonly thumbnail: SpoolFile | undefined;
};

/**
 * Looks at the bytes of a file instead of believing what was said about them. A picture is decoded and stripped of its
 * metadata, in place.
 *
 * @throws {Refusal} FILE_TYPE_NOT_ALLOWED when the bytes are not of the declared type
 */
export const inspect = async (path: string, declaredType: string, spool: Spool): Promise<Inspected> => {
  const mimeType = await sniff(path, declaredType);
  if (mimeType === undefined) {
    throw new Refusal('FILE_TYPE_NOT_ALLOWED', `The content is not of type ${declaredType}`);
  }
  const thumbnail = isImageType(mimeType) ? await preparePicture(path, spool) : undefined;
  const { size } = await stat(path);
  return { mimeType, fileSize: size, thumbnail };
};
