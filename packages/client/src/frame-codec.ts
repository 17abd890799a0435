/** Another encoding of the same frames, in binary messages. */
export type FrameCodec = {
  /** The WebSocket subprotocol that stands for it. */
  readonly protocol: string;
  /** @returns undefined for what it can't say: that goes out as JSON */
  encode(frame: unknown): Uint8Array<ArrayBuffer> | undefined;
  /** @throws {Error} for bytes that are no frame */
  decode(bytes: Uint8Array): unknown;
};
