import type { Partition, Position } from './ports.ts';

/** A position as clients see it: `<epoch>.<partition>.<sequence>`. */
export const formatPosition = ({ epoch, partition, sequence }: Position): string => `${epoch}.${partition}.${sequence}`;

const positionPattern = /^([a-z0-9]{1,32})\.(\d{1,3}|accounts)\.(\d{1,16})$/;

/** @returns the position, or `undefined` when the text is none. */
export const parsePosition = (text: string): Position | undefined => {
  const [, epoch, name, digits] = positionPattern.exec(text) ?? [];
  if (epoch === undefined || name === undefined || digits === undefined) return undefined;
  const partition: Partition = name === 'accounts' ? 'accounts' : Number(name);
  return { epoch, partition, sequence: Number(digits) };
};

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;
const maxAscii = 0x7f;

const hashOfBytes = (bytes: Uint8Array): number => {
  let hash = fnvOffset;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, fnvPrime) >>> 0;
  return hash;
};

/**
 * The partition of a room: FNV-1a (32 bit, over UTF-8) modulo the number of partitions. It must never change: positions
 * name partitions.
 */
export const partitionOfRoom = (roomId: string, partitions: number): number => {
  let hash = fnvOffset;
  for (let index = 0; index < roomId.length; index++) {
    const code = roomId.charCodeAt(index);
    if (code > maxAscii) return hashOfBytes(new TextEncoder().encode(roomId)) % partitions;
    hash = Math.imul(hash ^ code, fnvPrime) >>> 0; // ASCII is its own UTF-8, without a copy
  }
  return hash % partitions;
};
