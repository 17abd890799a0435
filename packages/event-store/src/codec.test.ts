import { chatEventSchema, eventSchemas } from '@kuraxx/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeRecord, encodeEvent, recordOf, UnknownVersion } from './codec.ts';
import { recordWith } from './event.fixture.ts';

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
});

/** Anything that a schema of ours takes. */
const arbitraryOf = (schema: z.infer<typeof jsonSchema>): fc.Arbitrary<unknown> => {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => arbitraryOf({ ...schema, type })));
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(arbitraryOf));
  if (schema.items !== undefined) return fc.array(arbitraryOf(schema.items), { maxLength: 4 });
  if (schema.type === 'string') return fc.string({ unit: 'binary', maxLength: 40 });
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'null') return fc.constant(null);
  if (schema.type === 'number') return fc.integer();
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
      const encoded = encodeEvent(event, given);
      const stored = { subject: 'kuraxx.room.3.r-1.msg', sequence: 7, epoch: 'e', partition: 3, ...encoded };
      const record = recordOf(stored);
      expect(decodeRecord(record)).toEqual({ ...event, record });
      expect(record).toMatchObject({ eventId: given.eventId, time: given.time, via: given.via, type: event.type });
      expect(record.subject).toEqual({ kind: 'room', roomId: 'r-1', aspect: 'msg' });
    }),
    { numRuns: 500 },
  );
});

test('an event of a type that this software does not know is left out', () => {
  expect(decodeRecord(recordWith('kuraxx.poll.opened.v1', '{}'))).toBeUndefined();
});

test.each(['kuraxx.message.sent.v2', 'kuraxx.message.sent.v0', 'kuraxx.message.sent.vx'])(
  '%s is refused: it was written by a newer version',
  (wireType) => {
    expect(() => decodeRecord(recordWith(wireType, '{}'))).toThrow(UnknownVersion);
  },
);

test('data that is not what its type promises is refused', () => {
  expect(() => decodeRecord(recordWith('kuraxx.room.deleted.v1', '{"roomId":"r-1"}'))).toThrow(z.ZodError);
});
