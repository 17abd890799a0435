import { createHash } from 'node:crypto';

/** A key for what must not stand in Redis as it is: e-mail addresses, whereabouts. */
export const hidden = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
