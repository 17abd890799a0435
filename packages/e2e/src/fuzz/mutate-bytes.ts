import { type Arbitrary, constantFrom, double, oneof, record, uint8Array } from 'fast-check';

/** One change to bytes: what no JSON encoder would write. */
export type BytesMutation = {
  readonly kind: 'cut' | 'insert' | 'overwrite';
  /** Where, as a fraction of the length. */
  readonly at: number;
  readonly bytes: Uint8Array;
};

const broken = ['ff', 'c0af', 'eda080', 'f8888080', '00', '0d0a0d0a', 'efbbbf', 'fffe', '22', '7b', '5c75643830'];

export const bytesMutation: Arbitrary<BytesMutation> = record({
  kind: constantFrom('cut', 'insert', 'overwrite'),
  at: double({ min: 0, max: 1, noNaN: true }),
  bytes: oneof(
    constantFrom(...broken).map((hex): Uint8Array => Buffer.from(hex, 'hex')),
    uint8Array({ minLength: 1, maxLength: 8 }),
  ),
});

export const mutateBytes = (bytes: Uint8Array, { kind, at, bytes: noise }: BytesMutation): Uint8Array => {
  const cut = Math.floor(at * bytes.length);
  const head = bytes.subarray(0, cut);
  if (kind === 'cut') return head;
  const rest = bytes.subarray(kind === 'insert' ? cut : Math.min(bytes.length, cut + noise.length));
  return Buffer.concat([head, noise, rest]);
};
