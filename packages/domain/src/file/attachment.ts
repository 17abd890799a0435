import type { Attachment } from '../events/index.ts';
import type { StoredFile } from './file.ts';
import { type FileRef, type FileScope, formatFileRef } from './ref.ts';
import { extensionOf } from './types.ts';

const refOf = ({ userId, fileId }: StoredFile, scope: FileScope, rest: Pick<FileRef, 'variant' | 'extension'>) =>
  formatFileRef({ userId, fileId, scope, ...rest });

/** The reference to a file for those in `scope`. */
export const originalRef = (file: StoredFile, scope: FileScope): string =>
  refOf(file, scope, { variant: 'original', extension: extensionOf(file.mimeType) });

/** The reference to its small picture; null without one. */
export const thumbnailRef = (file: StoredFile, scope: FileScope): string | null =>
  file.hasThumbnail ? refOf(file, scope, { variant: 'thumbnail', extension: 'webp' }) : null;

/** A file as a message shows it, in the key order of the wire; its id is the file's. */
export const attachmentOf = (file: StoredFile, message: { messageId: string; roomId: string }): Attachment => {
  const scope: FileScope = { kind: 'room', roomId: message.roomId };
  return {
    id: file.fileId,
    messageId: message.messageId,
    fileName: file.fileName,
    fileSize: file.fileSize,
    mimeType: file.mimeType,
    url: originalRef(file, scope),
    thumbnailUrl: thumbnailRef(file, scope),
    createdAt: file.createdAt,
  };
};
