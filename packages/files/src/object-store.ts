import type { Readable } from 'node:stream';

/** First and last byte, both included. */
export type ByteRange = { readonly start: number; readonly end: number };

/**
 * Where the bytes of files lie, under keys that this package makes. Nothing in it is public. Every call throws
 * `Unavailable` when the store is away or full.
 */
export type ObjectStore = {
  /** What operators call it, for the log. */
  readonly name: string;
  /** Where files that are about to be stored should be put together: on the store's own disk, if it has one. */
  readonly spoolDir: string;
  /**
   * Stores a file, whole or not at all; what was there under the key is replaced. The file may have been moved away
   * afterwards.
   */
  put(key: string, path: string, contentType: string): Promise<void>;
  /** Its size in bytes; undefined when nothing is there. */
  size(key: string): Promise<number | undefined>;
  /** Its bytes, or a part of them; undefined when nothing is there. Errors later on come by the stream. */
  read(key: string, range?: ByteRange): Promise<Readable | undefined>;
  /** Deletes for good; nothing there is fine. */
  remove(key: string): Promise<void>;
  /** An address for a PUT of exactly so many bytes of that type under that key, until then. */
  putUrl(key: string, upload: { contentType: string; size: number; expiresAtMs: number }): Promise<string>;
  /** An address for GETs (with ranges) of that key until then, answered with that type and disposition. */
  getUrl(key: string, download: { contentType: string; disposition: string; expiresAtMs: number }): Promise<string>;
};

/** The keys under which a file lies, by its owner. */
export const keysOf = ({ userId, fileId }: { readonly userId: string; readonly fileId: string }) => ({
  /** The checked bytes. */
  original: `files/${userId}/${fileId}`,
  /** The small picture, webp. */
  thumbnail: `thumbnails/${userId}/${fileId}`,
  /** What came by a signed PUT and has not been checked. */
  incoming: `incoming/${userId}/${fileId}`,
});
