import { chatEventSchema, eventSchemas } from '@kuraxx/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeRecord, encodeEvent, isWellFormed, recordOf } from './codec.ts';
import { UnreadableEvent } from './errors.ts';
import { recordWith } from './event.fixture.ts';
import { headersIn, headerText } from './headers.ts';
import { parseSubject, subjectText } from './subjects.ts';

const jsonSchema = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.string().optional(),
  enum: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), jsonSchema).optional();
  },
  required: z.array(z.string()).optional(),
  get items() {
    return jsonSchema.optional();
  },
  get anyOf() {
    return z.array(jsonSchema).optional();
  },
  get oneOf() {
    return z.array(jsonSchema).optional();
  },
});

/** Anything that a schema of ours takes. */
const arbitraryOf = (schema: z.infer<typeof jsonSchema>): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => arbitraryOf({ ...schema, type })));
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(arbitraryOf));
  if (schema.items !== undefined) return fc.array(arbitraryOf(schema.items), { maxLength: 4 });
  if (schema.type === 'string') return fc.string({ unit: 'binary', maxLength: 40 });
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'null') return fc.constant(null);
  if (schema.type === 'number' || schema.type === 'integer') return fc.integer();
  if (schema.properties === undefined) throw new Error(`teach this test about ${JSON.stringify(schema)}`);
  const { properties, required = [] } = schema;
  const fields = Object.entries(properties).map(([key, value]) => [key, arbitraryOf(value)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
};

const anyEvent = fc.oneof(
  ...Object.entries(eventSchemas).map(([type, schema]) =>
    arbitraryOf(jsonSchema.parse(z.toJSONSchema(schema))).map((data) => chatEventSchema.parse({ type, data })),
  ),
);
const attributes = fc.record({
  eventId: fc.uuid(),
  source: fc.constant('kuraxx/test'),
  time: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  via: fc.constantFrom('ws', undefined),
});

test('every event comes back from the log as it went in, with its attributes', () => {
  fc.assert(
    fc.property(anyEvent, attributes, (event, given) => {
      const { data, headers } = encodeEvent(event, given);
      const stored = { subject: 'kuraxx.room.3.r-1.msg', sequence: 7, epoch: 'e', partition: 3, data };
      const record = recordOf({ ...stored, headers: headersIn(headerText(headers)) });
      expect(decodeRecord(record)).toEqual({ ...event, record });
      expect(record).toMatchObject({ eventId: given.eventId, time: given.time, via: given.via, type: event.type });
      expect(record.subject).toEqual({ kind: 'room', roomId: 'r-1', aspect: 'msg' });
    }),
    { numRuns: 500 },
  );
});

test.each([
  'kuraxx.poll.opened.v1',
  'kuraxx.message.sent.v2',
  'kuraxx.message.sent.v0',
  'kuraxx.message.sent.vx',
  'kuraxx.message.sent',
  '',
])('"%s" is unreadable: a newer version may have written it', (wireType) => {
  expect(() => decodeRecord(recordWith(wireType, '{}'))).toThrow(UnreadableEvent);
});

const bytes = (...values: number[]) => Uint8Array.from(values);

test.each([
  ['a field is missing', new TextEncoder().encode('{"roomId":"r-1"}')],
  ['no JSON', new TextEncoder().encode('{"roomId":')],
  ['nothing at all', bytes()],
  ['no UTF-8', bytes(0x22, 0xff, 0x22)],
])('data that is not what its type promises is unreadable, never guessed: %s', (_, data) => {
  const record = { ...recordWith('kuraxx.room.deleted.v1', ''), data };
  expect(() => decodeRecord(record)).toThrow(UnreadableEvent);
});

test('what passes stored data on unread can tell whether it is JSON', () => {
  const record = recordWith('kuraxx.room.deleted.v1', '{"roomId":"r-1"}');
  expect(isWellFormed(record)).toBe(true);
  expect(isWellFormed({ ...record, data: bytes(0x22, 0xff, 0x22) })).toBe(false);
  expect(isWellFormed({ ...record, data: bytes(0x7b) })).toBe(false);
});

test('stored data is well-formed exactly when it is UTF-8 and JSON', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }); // a BOM in the middle of a frame would be no JSON
  const isJson = (data: Uint8Array): boolean => {
    try {
      JSON.parse(decoder.decode(data));
      return true;
    } catch {
      return false;
    }
  };
  const json = fc.json({ stringUnit: 'binary' });
  const around = fc.constantFrom('', ' ', '\u00a0', '\ufeff', '\u2028', '\u0085', 'ä');
  const texts = fc.tuple(around, json, around).map((parts) => new TextEncoder().encode(parts.join('')));
  const cut = fc.tuple(texts, fc.nat(200)).map(([data, at]) => data.subarray(0, at));
  fc.assert(
    fc.property(fc.oneof(texts, cut, fc.uint8Array({ maxLength: 20 })), (data) => {
      expect(isWellFormed({ data })).toBe(isJson(data));
    }),
    { numRuns: 2000 },
  );
});

test('whatever bytes and headers are stored, reading them gives an event or says that it is unreadable', () => {
  const type = fc.oneof(fc.constantFrom('kuraxx.message.sent.v1', 'kuraxx.room.created.v1'), fc.string());
  fc.assert(
    fc.property(type, fc.uint8Array({ maxLength: 60 }), fc.json(), (wireType, raw, json) => {
      for (const data of [raw, new TextEncoder().encode(json)]) {
        const record = { ...recordWith('kuraxx.room.deleted.v1', ''), wireType, data };
        expect(() => decodeRecord(record)).toThrow(UnreadableEvent);
      }
    }),
  );
});

test.each([
  'kuraxx.account.u-1',
  'kuraxx.account.u-1.file.f-1',
  'kuraxx.room.3.r-1.meta',
  'kuraxx.room.3.r-1.msg',
  'kuraxx.room.3.r-1.edit',
])('%s is a subject of the log', (text) => {
  const subject = parseSubject(text);
  if (subject.kind === 'foreign') throw new Error('foreign');
  expect(subjectText(subject, 1)).toBe(text.replace('room.3', 'room.0'));
});

test.each([
  'kuraxx.account.u-1.other',
  'kuraxx.account.u-1.file',
  'kuraxx.account.u-1.file.f-1.more',
  'kuraxx.account.u_1',
  'kuraxx.account',
  'kuraxx.room.3.r-1',
  'kuraxx.room.3.r-1.poll',
  'kuraxx.room.3.r-1.msg.more',
  'kuraxx.room.3..msg',
  'kuraxx.other',
  '',
])('"%s" is foreign, and an event on it is unreadable', (text) => {
  const subject = parseSubject(text);
  expect(subject).toEqual({ kind: 'foreign', text });
  const record = { ...recordWith('kuraxx.room.deleted.v1', '{"roomId":"r","by":"b","at":"now"}'), subject };
  expect(() => decodeRecord(record)).toThrow(UnreadableEvent);
});
