import { type FrameEncoding, subprotocols } from '@kuraxx/contracts';

const encodings: ReadonlyMap<string, FrameEncoding> = new Map([
  [subprotocols.json, 'json'],
  [subprotocols.msgpack, 'msgpack'],
]);

export type Agreement = {
  readonly encoding: FrameEncoding;
  /** What the handshake's answer names; empty: none, as RFC 6455 has it when nothing that was offered is known. */
  readonly protocol: string;
};

/** @param offered the value of Sec-WebSocket-Protocol: what the client speaks, what it likes best first; empty without one */
export const agreeOn = (offered: string): Agreement => {
  for (const name of offered.split(',')) {
    const protocol = name.trim();
    const encoding = encodings.get(protocol);
    if (encoding !== undefined) return { encoding, protocol };
  }
  return { encoding: 'json', protocol: '' };
};
