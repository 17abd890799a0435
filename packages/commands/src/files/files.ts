import {
  decideFile,
  type FileCommand,
  type FileFacts,
  type FileUse,
  requireStored,
  type StoredFile,
  type UserFile,
} from '@kuraxx/domain';
import type { Aggregates } from '../aggregates.ts';

/** A file by its owner and its id: a file of somebody else is one that is not there. */
export type FileKey = { readonly userId: string; readonly fileId: string };

/** One text for both, as aggregates are kept by. */
export const fileKeyText = ({ userId, fileId }: FileKey): string => `${userId}/${fileId}`;

const now = (): string => new Date().toISOString();

/** Commands about uploads: what the log knows of them. Their bytes are somebody else's business. */
export const createFiles = (aggregates: Aggregates<UserFile>) => {
  const execute = async (key: FileKey, command: FileCommand): Promise<UserFile> =>
    (await aggregates.execute(fileKeyText(key), (file) => decideFile(command, file))).state;

  return {
    /** As of now. @throws {Unavailable} */
    find: async (key: FileKey): Promise<UserFile> => (await aggregates.loadFresh(fileKeyText(key))).state,

    /** Announces an upload before a byte of it is stored, so that nothing can lie in the store that nobody knows of. @throws {Unavailable} */
    start: async (facts: FileFacts): Promise<void> => {
      await execute(facts, { type: 'StartUpload', facts, at: now() });
    },

    /**
     * The bytes are there and were looked at; a second time changes nothing.
     *
     * @throws {Refusal} VALIDATION_ERROR when it was deleted meanwhile @throws {Unavailable}
     */
    complete: async (
      key: FileKey,
      found: { readonly mimeType: string; readonly fileSize: number; readonly hasThumbnail: boolean },
    ): Promise<StoredFile> => requireStored(await execute(key, { type: 'CompleteUpload', ...found, at: now() })),

    /** Whether `use` would be refused. @throws {Refusal} then @throws {Unavailable} */
    requireUsable: async (key: FileKey, use: FileUse): Promise<void> => {
      decideFile({ type: 'UseFile', use, at: now() }, (await aggregates.loadFresh(fileKeyText(key))).state);
    },

    /**
     * Reserves a file for what is about to show it; from then on no sweep takes it.
     *
     * @throws {Refusal} VALIDATION_ERROR when it is not there, not uploaded yet, or used elsewhere @throws {Unavailable}
     */
    use: async (key: FileKey, use: FileUse): Promise<StoredFile> =>
      requireStored(await execute(key, { type: 'UseFile', use, at: now() })),

    /** @throws {Refusal} RESOURCE_NOT_FOUND @throws {Unavailable} */
    remove: async (key: FileKey): Promise<void> => {
      await execute(key, { type: 'DeleteFile', at: now() });
    },

    /**
     * Deletes a file that nothing shows any more, unless it has changed since it was looked at.
     *
     * @returns whether it is deleted now @throws {Unavailable}
     */
    sweep: async (
      key: FileKey,
      found: { readonly unchangedSince: string; readonly endedUse: FileUse | null },
    ): Promise<boolean> => (await execute(key, { type: 'SweepFile', ...found, at: now() })).status === 'deleted',

    /** Nothing of a deleted file is in the store any more. @throws {Unavailable} */
    purged: async (key: FileKey): Promise<void> => {
      await execute(key, { type: 'PurgeFile', at: now() });
    },
  };
};

export type Files = ReturnType<typeof createFiles>;
