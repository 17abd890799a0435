import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { id, timestamp } from '../objects.ts';
import { text } from '../text.ts';
import { commonErrors, confirmation, emptyBody, ok } from './envelope.ts';

/** The longest name of a file, in UTF-16 units. */
export const maxFileNameLength = 255;

const purpose = z.enum(['avatar', 'message', 'room']).default('message');

/** What was stored. `url` is a link to the api that needs no header, good for a while (see docs/protocol.md). */
const uploadedFile = z.object({
  id,
  url: z.string(),
  fileName: z.string(),
  fileSize: z.int(),
  mimeType: z.string(),
});

/** The parts of a form, as a browser's `FormData` holds them; the server reads them as a stream. */
const part = z.custom<Blob>((value) => typeof Blob !== 'undefined' && value instanceof Blob);

export const uploadContract = initContract().router(
  {
    signedUrl: {
      method: 'POST',
      path: '/upload/signed-url',
      summary: 'An address for a PUT of one file, for 15 minutes, with exactly this type and size',
      body: z.object({
        fileName: text({ min: 1, max: maxFileNameLength }),
        mimeType: text({ min: 1, max: 255 }),
        /** In bytes. */
        fileSize: z.int().positive(),
        purpose,
      }),
      responses: {
        200: ok(z.object({ uploadUrl: z.string(), publicUrl: z.string(), expiresAt: timestamp, fileId: id })),
      },
    },
    file: {
      method: 'POST',
      path: '/upload/file',
      contentType: 'multipart/form-data',
      summary: 'Upload a file (form field `file`)',
      body: z.object({ file: part, purpose: purpose.optional() }),
      responses: { 201: ok(z.object({ file: uploadedFile })) },
    },
    image: {
      method: 'POST',
      path: '/upload/image',
      contentType: 'multipart/form-data',
      summary: 'Upload a picture (form field `image`)',
      body: z.object({ image: part, purpose: purpose.optional() }),
      responses: { 201: ok(z.object({ file: uploadedFile.extend({ thumbnailUrl: z.string() }) })) },
    },
    remove: {
      method: 'DELETE',
      path: '/upload/:fileId',
      pathParams: z.object({ fileId: id }),
      summary: 'Delete an own file for good',
      body: emptyBody,
      responses: { 200: confirmation },
    },
  },
  { commonResponses: commonErrors, strictStatusCodes: true },
);
