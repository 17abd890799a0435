import type { FileEvent, FilePurpose, FileUse } from '../events/index.ts';
import { unreachable } from '../unreachable.ts';

/** What is known of an upload. `mimeType` and `fileSize` are what was declared until the bytes have been looked at. */
export type FileFacts = {
  readonly fileId: string;
  readonly userId: string;
  readonly fileName: string;
  readonly mimeType: string;
  /** In bytes. */
  readonly fileSize: number;
  readonly purpose: FilePurpose;
};

export type StoredFile = FileFacts & {
  readonly status: 'stored';
  readonly hasThumbnail: boolean;
  readonly createdAt: string;
  /** What shows it; null: nothing yet. */
  readonly use: FileUse | null;
  /** When anything about it last changed. */
  readonly changedAt: string;
};

/** Announced; its bytes may or may not have come. */
export type ExpectedFile = FileFacts & { readonly status: 'expected'; readonly changedAt: string };

/** Nobody gets a link to it any more; its bytes may still lie in the store, until it is `purged`. */
export type DeletedFile = { readonly status: 'deleted'; readonly fileId: string; readonly userId: string };

/** A user's file as commands see it. */
export type UserFile =
  | { readonly status: 'absent' }
  | ExpectedFile
  | StoredFile
  | DeletedFile
  | { readonly status: 'purged' };

export const initialFile = (): UserFile => ({ status: 'absent' });

/** The file after an event. Never refuses: what happened, happened. */
export const evolveFile = (file: UserFile, event: FileEvent): UserFile => {
  switch (event.type) {
    case 'UploadStarted': {
      if (file.status !== 'absent') return file;
      const { at, ...facts } = event.data;
      return { status: 'expected', ...facts, changedAt: at };
    }
    case 'FileUploaded': {
      if (file.status !== 'expected') return file;
      const { at, ...facts } = event.data;
      return { status: 'stored', ...facts, createdAt: at, use: null, changedAt: at };
    }
    case 'FileUsed':
      return file.status === 'stored' ? { ...file, use: event.data.use, changedAt: event.data.at } : file;
    case 'FileDeleted': {
      if (file.status !== 'expected' && file.status !== 'stored') return file;
      return { status: 'deleted', fileId: file.fileId, userId: file.userId };
    }
    case 'FilePurged':
      return file.status === 'deleted' ? { status: 'purged' } : file;
    default:
      return unreachable(event);
  }
};
