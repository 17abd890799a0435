import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanFrames } from './raw-socket.ts';

/** A frame as a server sends it. */
const serverFrame = (payload: Buffer): Buffer => {
  const { length } = payload;
  const header =
    length < 126
      ? Buffer.from([0x81, length])
      : length < 65_536
        ? Buffer.from([0x81, 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([0x81, 127, 0, 0, 0, 0]), Buffer.from(Uint32Array.of(length).buffer).reverse()]);
  return Buffer.concat([header, payload]);
};

test('frames come out whole and once, however the bytes were cut', () => {
  const lengths = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(125, 126, 65_535, 65_536));
  fc.assert(
    fc.property(fc.array(lengths, { maxLength: 6 }), fc.array(fc.nat(70_000), { maxLength: 6 }), (sizes, cuts) => {
      const payloads = sizes.map((size, index) => Buffer.alloc(size, 97 + index));
      const bytes = Buffer.concat(payloads.map(serverFrame));
      const seen: Buffer[] = [];
      let rest = Buffer.alloc(0);
      const ends = [...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
      let from = 0;
      for (const end of ends) {
        const chunk = Buffer.concat([rest, bytes.subarray(from, end)]);
        rest = chunk.subarray(scanFrames(chunk, (_opcode, payload) => seen.push(Buffer.from(payload))));
        from = end;
      }
      expect(seen).toEqual(payloads);
      expect(rest).toHaveLength(0);
    }),
    { numRuns: 50 },
  );
});
