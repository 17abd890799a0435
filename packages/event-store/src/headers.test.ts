import { MsgHdrsImpl, MsgImpl } from '@nats-io/nats-core/internal';
import fc from 'fast-check';
import { headers } from 'nats';
import { expect, test } from 'vitest';
import { headersIn, headersOf, headersOfFields, headersToPublish, headerText } from './headers.ts';

const name = fc.constantFrom('ce-id', 'ce-type', 'ce', 'Ce-Id', 'Nats-Sequence', 'Nats-Last-Sequence', 'x');
const value = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: 'grapheme', maxLength: 20 }));
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** @returns undefined for a block with a name in it that can't be one: the library throws */
const readByLibrary = (block: string): MsgHdrsImpl | undefined => {
  try {
    return MsgHdrsImpl.decode(bytesOf(block));
  } catch {
    return undefined;
  }
};

test('whatever block of headers comes, it says what the library would read in it', () => {
  const line = fc.oneof(
    fc.tuple(name, value).map(([key, text]) => `${key}: ${text}`),
    fc.string({ maxLength: 30 }),
    fc.constantFrom('', ':', '::', 'ce-id:', ' ce-id: x', 'ce-id : x'),
  );
  const first = fc.constantFrom('NATS/1.0', 'NATS/1.0 503', 'NATS/1.0 100 Idle Heartbeat', '');
  fc.assert(
    fc.property(first, fc.array(line, { maxLength: 8 }), name, (start, lines, asked) => {
      const block = new TextDecoder().decode(bytesOf(`${[start, ...lines].join('\r\n')}\r\n\r\n`));
      const theirs = readByLibrary(block);
      if (theirs !== undefined) expect(headersIn(block).get(asked)).toBe(theirs.get(asked));
    }),
    { numRuns: 1000 },
  );
});

test('what is written is what the library would write', () => {
  const printable = value.filter((text) => !/[\r\n]/.test(text)).map((text) => text.trim());
  fc.assert(
    fc.property(fc.dictionary(name, printable, { minKeys: 1, noNullPrototype: true }), (fields) => {
      const theirs = headers();
      for (const [key, text] of Object.entries(fields)) theirs.set(key, text);
      if (!(theirs instanceof MsgHdrsImpl)) throw new Error('another class of headers');
      const ours = headersToPublish(fields);
      if (!(ours instanceof MsgHdrsImpl)) throw new Error('another class of headers');
      expect(new TextDecoder().decode(ours.encode())).toBe(new TextDecoder().decode(theirs.encode()));
      for (const key of Object.keys(fields)) expect(headersOfFields(fields).get(key)).toBe(theirs.get(key));
    }),
  );
});

test.each(['a\r\nNats-Msg-Id: b', 'a\n', '\r'])('a value can not bring a line of its own: %j', (text) => {
  expect(() => headerText({ 'ce-id': text })).toThrow(TypeError);
});

test('of a message that has come its own headers are read, and none where it has none', () => {
  const data = Buffer.concat([bytesOf('xx'), bytesOf(headerText({ 'ce-id': 'é' })), bytesOf('{}')]).subarray(2);
  const publisher = { publish: () => undefined };
  const messageWith = (hdr: number) =>
    new MsgImpl({ subject: bytesOf('s'), sid: 1, hdr, size: data.length }, data, publisher);
  const withHeaders = messageWith(data.length - 2);
  expect(headersOf(withHeaders)?.get('ce-id')).toBe('é');
  expect(withHeaders.headers?.get('ce-id')).toBe('é');
  expect(headersOf(messageWith(-1))).toBeUndefined();
});
