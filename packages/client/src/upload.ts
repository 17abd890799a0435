import type { CallOptions, Rest } from './rest.ts';

/** A file on the server, as `room.send` takes it. */
export type Uploaded = {
  readonly id: string;
  /** A link that needs no header, good for a while. */
  readonly url: string;
  readonly fileName: string;
  /** In bytes. */
  readonly fileSize: number;
  readonly mimeType: string;
  /** Of pictures. */
  readonly thumbnailUrl?: string | undefined;
};

/** Files take their time on slow lines. */
const uploadTimeoutMs = 600_000;

/** Pictures get a thumbnail; what else calls itself an image is a file. */
const pictures: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);

/** Uploads a file or a picture. @throws as `Rest` */
export const uploadFile = async (rest: Rest, file: File, options: CallOptions = {}): Promise<Uploaded> => {
  const bounded = { timeoutMs: uploadTimeoutMs, ...options };
  const { file: uploaded } = pictures.has(file.type)
    ? await rest.upload.image({ body: { image: file } }, bounded)
    : await rest.upload.file({ body: { file } }, bounded);
  return uploaded;
};
