/** Another encoding of the same frames, in binary messages. */
export type FrameCodec = {
  /** The WebSocket subprotocol that stands for it. */
  readonly protocol: string;
  encode(frame: unknown): Uint8Array<ArrayBuffer>;
  /** @throws {Error} for bytes that are no frame */
  decode(bytes: Uint8Array): unknown;
};
