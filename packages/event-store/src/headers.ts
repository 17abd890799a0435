import type { JsMsg } from '@nats-io/jetstream';
import { MsgHdrsImpl, MsgImpl } from '@nats-io/nats-core/internal';
import type { Msg, MsgHdrs } from 'nats';

/** Headers of a stored message, as far as they are read: exact names, the first value of each, '' when there is none. */
export type ReadHeaders = { get(name: string): string };

/** Headers to be written, in this order. */
export type HeaderFields = Readonly<Record<string, string>>;

const lineEnd = '\r\n';
const unwritable = /[\r\n]/;

/** The block that stands before a message's data (NATS ADR-4). @throws {TypeError} for a value with a line end in it */
export const headerText = (fields: HeaderFields): string => {
  let text = 'NATS/1.0';
  for (const name in fields) {
    const value = fields[name] ?? '';
    if (unwritable.test(value)) throw new TypeError(`the header ${name} would have a line end in it`);
    text += `${lineEnd}${name}: ${value}`;
  }
  return `${text}${lineEnd}${lineEnd}`;
};

/** Only for `publish`, which asks nothing of headers but their bytes. */
class WrittenHeaders extends MsgHdrsImpl {
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    super();
    this.#bytes = bytes;
  }
  override encode(): Uint8Array {
    return this.#bytes;
  }
}

/**
 * Headers for `publish` and nothing else, written once: the library's own check each name letter by letter, keep a list for each, and
 * are written anew at every attempt.
 */
export const headersToPublish = (fields: HeaderFields): MsgHdrs => new WrittenHeaders(Buffer.from(headerText(fields)));

/**
 * Looks values up in a block of headers without taking it apart. The same as the library's `get` (see the law in the test), which throws where
 * any header has a name that can't be; here the others are read.
 */
export const headersIn = (block: string): ReadHeaders => ({
  get(name) {
    const line = `${lineEnd}${name}:`;
    const found = block.indexOf(line);
    if (found === -1) return '';
    const end = block.indexOf(lineEnd, found + line.length);
    return block.slice(found + line.length, end === -1 ? undefined : end).trim();
  },
});

/** Of headers that were not written to be sent. */
export const headersOfFields = (fields: HeaderFields): ReadHeaders => ({ get: (name) => fields[name] ?? '' });

/**
 * The headers of a message that has come: of the library's class their bytes are read where they lie, because its own reader makes a list
 * of every header, twice for each that is asked for. Anything else is asked as the library has it.
 */
export const headersOf = (message: Msg | MsgImpl): ReadHeaders | undefined => {
  if (!(message instanceof MsgImpl)) return message.headers;
  const { hdr } = message._msg;
  if (!(hdr > 0)) return undefined;
  const { buffer, byteOffset } = message._rdata;
  return headersIn(Buffer.from(buffer, byteOffset, hdr).toString());
};

/** The same of a message that a consumer has brought, which holds the one that has come. */
export const headersOfConsumed = (message: JsMsg): ReadHeaders | undefined =>
  'msg' in message && message.msg instanceof MsgImpl ? headersOf(message.msg) : message.headers;
