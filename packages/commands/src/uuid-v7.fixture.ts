import { randomUUID } from 'node:crypto';

/** A UUIDv7 of that time, as clients make them. */
export const uuidV7 = (timeMs: number): string => {
  const time = timeMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};
