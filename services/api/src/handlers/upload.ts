import { randomUUID } from 'node:crypto';
import type { apiContract } from '@kuraxx/contracts';
import {
  extensionOf,
  type FileScope,
  formatFileRef,
  originalRef,
  requireAllowedType,
  requireSize,
  type StoredFile,
  thumbnailRef,
} from '@kuraxx/domain';
import { keysOf } from '@kuraxx/files';
import type { Api } from '../api.ts';
import type { Call, Handlers } from '../http/handler.ts';
import { type FormRules, receiveForm } from '../uploads/receive-form.ts';

type Upload = typeof apiContract.upload;

const signedUrlMs = 15 * 60_000;
const owner: FileScope = { kind: 'owner' };

/** Addresses are references here; they become links on their way out. */
const shown = (file: StoredFile) => ({
  id: file.fileId,
  url: originalRef(file, owner),
  fileName: file.fileName,
  fileSize: file.fileSize,
  mimeType: file.mimeType,
});

export const uploadHandlers = (api: Pick<Api, 'commands' | 'uploads'>): Handlers<Upload> => {
  const { files } = api.commands;
  const { intake, spool, store, limits } = api.uploads;

  const receive = async (
    call: Pick<Call<Upload['file']>, 'body' | 'caller'>,
    rules: FormRules,
  ): Promise<StoredFile> => {
    const received = await receiveForm(call.body, spool, rules);
    try {
      return await intake.store({ userId: call.caller.userId, ...received });
    } finally {
      await received.spooled.discard();
    }
  };

  return {
    signedUrl: async ({ body, caller }) => {
      const { fileName, mimeType, fileSize, purpose } = body;
      requireAllowedType(mimeType);
      requireSize(fileSize, mimeType.startsWith('image/') ? limits.maxImageBytes : limits.maxFileBytes);
      const { userId } = caller;
      const fileId = randomUUID();
      const expiresAtMs = Math.floor(Date.now() / 1000) * 1000 + signedUrlMs;
      await files.start({ fileId, userId, fileName, mimeType, fileSize, purpose });
      const uploadUrl = await store.putUrl(keysOf({ userId, fileId }).incoming, {
        contentType: mimeType,
        size: fileSize,
        expiresAtMs,
      });
      const publicUrl = formatFileRef({
        userId,
        fileId,
        variant: 'original',
        extension: extensionOf(mimeType),
        scope: owner,
      });
      return { data: { uploadUrl, publicUrl, expiresAt: new Date(expiresAtMs).toISOString(), fileId } };
    },

    file: async (call) => {
      const file = await receive(call, { field: 'file', imagesOnly: false, maxBytes: limits.maxFileBytes });
      return { data: { file: shown(file) } };
    },

    image: async (call) => {
      const file = await receive(call, { field: 'image', imagesOnly: true, maxBytes: limits.maxImageBytes });
      const url = originalRef(file, owner);
      return { data: { file: { ...shown(file), thumbnailUrl: thumbnailRef(file, owner) ?? url } } };
    },

    remove: async ({ params, caller }) => {
      await intake.remove({ userId: caller.userId, fileId: params.fileId });
      return { data: { message: 'File deleted successfully' } };
    },
  };
};
