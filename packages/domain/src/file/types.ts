import { Refusal } from '../refusal.ts';

/** What may be uploaded, with the extension that links carry. */
const extensions = new Map([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/gif', 'gif'],
  ['image/webp', 'webp'],
  ['audio/webm', 'webm'],
  ['application/pdf', 'pdf'],
  ['application/msword', 'doc'],
  ['application/vnd.ms-excel', 'xls'],
  ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'docx'],
  ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'xlsx'],
  ['text/plain', 'txt'],
  ['application/zip', 'zip'],
  ['application/x-rar-compressed', 'rar'],
]);

/** Limits on the size of an upload, in bytes. */
export type FileLimits = { readonly maxFileBytes: number; readonly maxImageBytes: number };

/** Every type that a file may have. */
export const fileTypes: ReadonlySet<string> = new Set(extensions.keys());

/** Whether it is one of the types that are shown as a picture. */
export const isImageType = (mimeType: string): boolean => mimeType.startsWith('image/') && fileTypes.has(mimeType);

/** The extension of an allowed type, `bin` for any other. */
export const extensionOf = (mimeType: string): string => extensions.get(mimeType) ?? 'bin';

/** @throws {Refusal} FILE_TYPE_NOT_ALLOWED; with `imagesOnly` for whatever is no picture */
export const requireAllowedType = (mimeType: string, imagesOnly = false): void => {
  if (imagesOnly ? !isImageType(mimeType) : !fileTypes.has(mimeType)) {
    throw new Refusal('FILE_TYPE_NOT_ALLOWED', `Files of type ${mimeType} are not allowed here`);
  }
};

/** @throws {Refusal} FILE_TOO_LARGE */
export const requireSize = (fileSize: number, maxBytes: number): void => {
  if (fileSize <= maxBytes) return;
  throw new Refusal('FILE_TOO_LARGE', `Files of up to ${maxBytes} bytes are allowed here`);
};
