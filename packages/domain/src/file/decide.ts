import type { FileEvent, FileUse } from '../events/index.ts';
import { Refusal } from '../refusal.ts';
import { unreachable } from '../unreachable.ts';
import type { FileFacts, StoredFile, UserFile } from './file.ts';
import { isImageType } from './types.ts';

/** What can be asked of a file. Types and sizes were checked before. */
export type FileCommand =
  | { readonly type: 'StartUpload'; readonly facts: FileFacts; readonly at: string }
  | {
      readonly type: 'CompleteUpload';
      /** What the bytes turned out to be. */
      readonly mimeType: string;
      readonly fileSize: number;
      readonly hasThumbnail: boolean;
      readonly at: string;
    }
  | { readonly type: 'UseFile'; readonly use: FileUse; readonly at: string }
  | { readonly type: 'DeleteFile'; readonly at: string }
  | {
      readonly type: 'SweepFile';
      /** Only a file that has not changed since this time. */
      readonly unchangedSince: string;
      /** The use that was found to be over; null: only a file that nothing shows. */
      readonly endedUse: FileUse | null;
      readonly at: string;
    }
  | { readonly type: 'PurgeFile'; readonly at: string };

type CommandOf<T extends FileCommand['type']> = Extract<FileCommand, { type: T }>;

/** Whether two uses are the same one. */
export const isSameUse = (a: FileUse | null, b: FileUse | null): boolean => {
  if (a === null || b === null) return a === b;
  switch (a.kind) {
    case 'message':
      return b.kind === 'message' && a.messageId === b.messageId;
    case 'room':
      return b.kind === 'room' && a.roomId === b.roomId;
    case 'user':
      return b.kind === 'user';
  }
};

/** A message that is sent again asks for its files again; a sweep takes none that was asked for within a day. */
const repeatMs = 60 * 60_000;

const noSuchFile = (): Refusal => new Refusal('VALIDATION_ERROR', 'There is no such file among your uploads');

/** @throws {Refusal} VALIDATION_ERROR when there is nothing to show */
export const requireStored = (file: UserFile): StoredFile => {
  if (file.status === 'expected') throw new Refusal('VALIDATION_ERROR', 'This file has not been uploaded yet');
  if (file.status !== 'stored') throw noSuchFile();
  return file;
};

const use = ({ use: wanted, at }: CommandOf<'UseFile'>, file: UserFile): FileEvent | undefined => {
  const stored = requireStored(file);
  const { fileId, userId } = stored;
  if (wanted.kind !== 'message' && !isImageType(stored.mimeType)) {
    throw new Refusal('VALIDATION_ERROR', 'Only a picture can be used as one');
  }
  if (stored.use !== null && !isSameUse(stored.use, wanted)) {
    throw new Refusal('VALIDATION_ERROR', 'This file is used elsewhere already: upload it again');
  }
  // A picture may have been replaced meanwhile, and an old reservation may be of a message that never came: both may be about to be
  // swept, and asking again is news. A moment later it is a repetition.
  if (stored.use?.kind === 'message' && Date.parse(at) - Date.parse(stored.changedAt) < repeatMs) return undefined;
  return { type: 'FileUsed', data: { fileId, userId, use: wanted, at } };
};

const sweep = ({ unchangedSince, endedUse, at }: CommandOf<'SweepFile'>, file: UserFile): FileEvent | undefined => {
  if (file.status !== 'expected' && file.status !== 'stored') return undefined;
  if (file.changedAt > unchangedSince) return undefined;
  if (file.status === 'stored' && !isSameUse(file.use, endedUse)) return undefined;
  return { type: 'FileDeleted', data: { fileId: file.fileId, userId: file.userId, reason: 'unused', at } };
};

/**
 * Decides what a command does to a file. A file is shown by one thing for ever: one message, or the picture of its owner
 * or of one room.
 *
 * @returns what happens; `undefined` when it is already so, or when a sweep finds it in use
 * @throws {Refusal} RESOURCE_NOT_FOUND for deleting what is not there, VALIDATION_ERROR for using what can't be used
 */
export const decideFile = (command: FileCommand, file: UserFile): FileEvent | undefined => {
  switch (command.type) {
    case 'StartUpload':
      if (file.status !== 'absent') throw new Refusal('RESOURCE_EXISTS');
      return { type: 'UploadStarted', data: { ...command.facts, at: command.at } };
    case 'CompleteUpload': {
      if (file.status === 'stored') return undefined;
      if (file.status !== 'expected') throw noSuchFile();
      const { mimeType, fileSize, hasThumbnail, at } = command;
      const { fileId, userId, fileName, purpose } = file;
      return {
        type: 'FileUploaded',
        data: { fileId, userId, fileName, mimeType, fileSize, purpose, hasThumbnail, at },
      };
    }
    case 'UseFile':
      return use(command, file);
    case 'DeleteFile': {
      if (file.status !== 'expected' && file.status !== 'stored') throw new Refusal('RESOURCE_NOT_FOUND');
      const { fileId, userId } = file;
      return { type: 'FileDeleted', data: { fileId, userId, reason: 'owner', at: command.at } };
    }
    case 'SweepFile':
      return sweep(command, file);
    case 'PurgeFile': {
      if (file.status !== 'deleted') return undefined;
      const { fileId, userId } = file;
      return { type: 'FilePurged', data: { fileId, userId, at: command.at } };
    }
    default:
      return unreachable(command);
  }
};
