import { isImageType } from '@kuraxx/domain';
import { fileTypeFromFile } from 'file-type';
import { isPlainText } from './plain-text.ts';

/** What file-type calls bytes of some types. Office documents before 2007 share one container, as do those after it. */
const containers = new Map<string, (found: { ext: string; mime: string }) => boolean>([
  ['audio/webm', ({ ext }) => ext === 'webm'],
  ['application/msword', ({ ext }) => ext === 'cfb'],
  ['application/vnd.ms-excel', ({ ext }) => ext === 'cfb'],
  ['application/x-rar-compressed', ({ ext }) => ext === 'rar'],
]);

/** Formats that are packed as ZIP: declared as a ZIP they are one. */
const zipBased = /^application\/(?:zip|epub\+zip|java-archive|vnd\.(?:openxmlformats|oasis|ms-|android|google-earth))/;

const pictureTypeOf = (mime: string): string | undefined => {
  const type = mime === 'image/apng' ? 'image/png' : mime; // an animated PNG is a PNG
  return isImageType(type) ? type : undefined;
};

/**
 * What the bytes of a file are, judged by the bytes. Between kinds of pictures the declared type may be wrong (cameras
 * and browsers often are); otherwise it has to fit.
 *
 * @returns the type; undefined when the bytes are not what was declared
 */
export const sniff = async (path: string, declared: string): Promise<string | undefined> => {
  if (declared === 'text/plain') return (await isPlainText(path)) ? declared : undefined;
  const found = await fileTypeFromFile(path);
  if (isImageType(declared)) return found === undefined ? undefined : pictureTypeOf(found.mime);
  if (found === undefined) return undefined;
  const fits = containers.get(declared)?.(found) ?? found.mime === declared;
  const isZip = declared === 'application/zip' && zipBased.test(found.mime);
  return fits || isZip ? declared : undefined;
};
