let lastMs = 0;
let count = 0;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/**
 * A new UUIDv7: the name of a send. Those of one page are ordered. The gateway needs no look-up for a young one, so make it when the message
 * is sent, not before.
 */
export const newTempId = (): string => {
  const nowMs = Math.max(Date.now(), lastMs);
  count = nowMs === lastMs ? count + 1 : 0;
  if (count > 0xfff) return later();
  lastMs = nowMs;
  const random = crypto.getRandomValues(new Uint8Array(8));
  random[0] = ((random[0] ?? 0) & 0x3f) | 0x80;
  const tail = [...random].map((byte) => hex(byte, 2)).join('');
  const time = hex(nowMs, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(count, 3)}-${tail.slice(0, 4)}-${tail.slice(4)}`;
};

/** More than 4096 in one millisecond: the next one begins early. */
const later = (): string => {
  lastMs++;
  count = -1;
  return newTempId();
};
