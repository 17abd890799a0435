import { createHash } from 'node:crypto';

const polynomial = 0x82f63b78; // Castagnoli, reversed
const table = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value >>> 0;
});

/** CRC-32C as Google Cloud Storage writes it: four bytes, big-endian, base64. */
export const crc32c = (bytes: Uint8Array): string => {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = ((table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)) >>> 0;
  const four = Buffer.alloc(4);
  four.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return four.toString('base64');
};

export const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64');
