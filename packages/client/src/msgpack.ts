import type { subprotocols } from '@kuraxx/contracts';
import { Decoder, Encoder } from '@msgpack/msgpack';
import type { FrameCodec } from './frame-codec.ts';

/** As JSON leaves out what is undefined. */
const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();
/** Half of a surrogate pair, as `JSON.stringify` writes it: no UTF-8 has it, so the gateway would not know what it refuses. */
const halfSurrogate = /\\ud[89a-f]/;
const protocol: (typeof subprotocols)['msgpack'] = 'kuraxx.v1+msgpack';

/** Frames as MessagePack: a tenth fewer bytes than JSON. For `createChat({ frames: msgpack })`. */
export const msgpack: FrameCodec = {
  protocol,
  encode: (frame) => (halfSurrogate.test(JSON.stringify(frame)) ? undefined : encoder.encode(frame)),
  decode: (bytes) => decoder.decode(bytes),
};
