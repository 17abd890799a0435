import { Decoder, Encoder } from '@msgpack/msgpack';

/** What is stored was checked when it came in: our own frames are six levels deep. */
const encoder = new Encoder({ maxDepth: 1_000 });
const decoder = new Decoder();

/** By the JSON that they were made of: a room's past is shown to thousands who come back at once. */
const packedBytes = new WeakMap<Buffer, Uint8Array>();
/** A text that goes to many sockets goes to one after the other. */
let lastText: string | undefined;
let lastPacked: Uint8Array = new Uint8Array();

/**
 * A server frame as MessagePack: made of its JSON, so that the two can't differ.
 *
 * @param json a whole frame; bytes are not to be changed any more
 */
export const packed = (json: string | Buffer): Uint8Array => {
  if (typeof json === 'string') {
    if (json !== lastText) {
      lastPacked = encoder.encode(JSON.parse(json));
      lastText = json;
    }
    return lastPacked;
  }
  const known = packedBytes.get(json);
  if (known !== undefined) return known;
  const made = encoder.encode(JSON.parse(json.toString()));
  packedBytes.set(json, made);
  return made;
};

/** @param bytes looked at before: see `shapeOf` @throws {Error} for a map with the key `__proto__` */
export const unpacked = (bytes: Uint8Array): unknown => decoder.decode(bytes);
