import { randomUUID } from 'node:crypto';
import type { FileKey, Files } from '@kuraxx/commands';
import {
  type ExpectedFile,
  type FileFacts,
  type FilePurpose,
  type FileUse,
  type MessageSnapshot,
  Refusal,
  requireStored,
  type StoredFile,
  type UserFile,
} from '@kuraxx/domain';
import {
  type Inspected,
  inspect,
  keysOf,
  type ObjectStore,
  requireExactly,
  type Spool,
  type SpoolFile,
} from '@kuraxx/files';
import type { Logger } from '@kuraxx/runtime';

export type IntakeNeeds = {
  readonly files: Files;
  readonly store: ObjectStore;
  readonly spool: Spool;
  readonly logger: Logger;
};

export type NewFile = {
  readonly userId: string;
  readonly fileName: string;
  readonly declaredType: string;
  readonly purpose: FilePurpose;
  readonly spooled: SpoolFile;
};

/** Takes files in: checks their bytes, stores them, and tells the log, in an order that leaves nothing unknown behind. */
export const createIntake = ({ files, store, spool, logger }: IntakeNeeds) => {
  /** Of each file, what all who ask at once wait for. */
  const taking = new Map<string, Promise<StoredFile>>();

  const keep = async (key: FileKey, path: string, found: Inspected): Promise<StoredFile> => {
    const { original, thumbnail } = keysOf(key);
    await store.put(original, path, found.mimeType);
    if (found.thumbnail !== undefined) await store.put(thumbnail, found.thumbnail.path, 'image/webp');
    const { mimeType, fileSize } = found;
    return await files.complete(key, { mimeType, fileSize, hasThumbnail: found.thumbnail !== undefined });
  };

  /** Deletes what lies in the store of a file that the log calls deleted. @throws {Unavailable} then the sweep does it later */
  const purge = async (key: FileKey): Promise<void> => {
    const keys = keysOf(key);
    await Promise.all([store.remove(keys.original), store.remove(keys.thumbnail), store.remove(keys.incoming)]);
    await files.purged(key);
  };

  /** Also when somebody has deleted it meanwhile, and cleared away what was there before our last bytes came. */
  const giveUp = async (key: FileKey): Promise<void> => {
    try {
      await files.remove(key).catch((error: unknown) => {
        if (!(error instanceof Refusal)) throw error;
      });
      await purge(key);
    } catch (err) {
      logger.warn({ err, ...key }, 'a failed upload is left to the sweep');
    }
  };

  const takeIncoming = async (expected: ExpectedFile): Promise<StoredFile> => {
    const { incoming } = keysOf(expected);
    const source = await store.read(incoming);
    // nothing has come, or another process has just taken it
    if (source === undefined) return requireStored(await files.find(expected));
    const spooled = spool.file();
    let found: Inspected | undefined;
    try {
      requireExactly(await spooled.write(source, expected.fileSize), expected.fileSize);
      found = await inspect(spooled.path, expected.mimeType, spool);
      const stored = await keep(expected, spooled.path, found);
      await store.remove(incoming);
      return stored;
    } catch (error) {
      if (error instanceof Refusal) await giveUp(expected);
      throw error;
    } finally {
      await Promise.all([spooled.discard(), found?.thumbnail?.discard()]);
    }
  };

  const settle = async (file: UserFile): Promise<StoredFile> => {
    if (file.status !== 'expected') return requireStored(file);
    const running = taking.get(file.fileId) ?? takeIncoming(file).finally(() => taking.delete(file.fileId));
    taking.set(file.fileId, running);
    return await running;
  };

  return {
    /** @throws {Refusal} FILE_TYPE_NOT_ALLOWED @throws {Unavailable} */
    store: async ({ userId, fileName, declaredType, purpose, spooled }: NewFile): Promise<StoredFile> => {
      const found = await inspect(spooled.path, declaredType, spool);
      const { mimeType, fileSize } = found;
      const facts: FileFacts = { fileId: randomUUID(), userId, fileName, mimeType, fileSize, purpose };
      try {
        await files.start(facts);
        return await keep(facts, spooled.path, found);
      } catch (error) {
        await giveUp(facts);
        throw error;
      } finally {
        await found.thumbnail?.discard();
      }
    },

    /**
     * The file once its bytes have been looked at. What came by a signed PUT waits for that until somebody first asks.
     *
     * @throws {Refusal} VALIDATION_ERROR when nothing has come; when it is not what was announced, it is deleted too
     * @throws {Unavailable}
     */
    settle,

    /** The same by key, for what is about to be used. A file in another state is left to whoever uses it. @throws as `settle` */
    settleAwaited: async (key: FileKey): Promise<void> => {
      const file = await files.find(key);
      if (file.status === 'expected') await settle(file);
    },

    purge,

    /** Deletes the files of a message that was deleted. What fails is left to the sweep. */
    dropAttachments: async ({ id: messageId, roomId, senderId, attachments }: MessageSnapshot): Promise<void> => {
      const endedUse: FileUse = { kind: 'message', roomId, messageId };
      for (const { id: fileId } of attachments) {
        const key = { userId: senderId, fileId };
        try {
          const isGone = await files.sweep(key, { unchangedSince: new Date().toISOString(), endedUse });
          if (isGone) await purge(key);
        } catch (err) {
          logger.warn({ err, ...key }, 'the file of a deleted message is left to the sweep');
        }
      }
    },

    /** Deletes an own file for good. @throws {Refusal} RESOURCE_NOT_FOUND @throws {Unavailable} */
    remove: async (key: FileKey): Promise<void> => {
      await files.remove(key);
      await purge(key);
    },
  };
};

export type Intake = ReturnType<typeof createIntake>;
