import type { subprotocols } from '@kuraxx/contracts';
import { Decoder, Encoder } from '@msgpack/msgpack';
import type { FrameCodec } from './frame-codec.ts';

/** As JSON leaves out what is undefined. */
const encoder = new Encoder({ ignoreUndefined: true });
const decoder = new Decoder();
const protocol: (typeof subprotocols)['msgpack'] = 'kuraxx.v1+msgpack';

/** Frames as MessagePack: a tenth fewer bytes than JSON. For `createChat({ frames: msgpack })`. */
export const msgpack: FrameCodec = {
  protocol,
  encode: (frame) => encoder.encode(frame),
  decode: (bytes) => decoder.decode(bytes),
};
