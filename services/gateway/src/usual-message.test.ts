import { clientFrames } from '@kuraxx/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isUsualMessage } from './usual-message.ts';

const roomId = '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11';
const usual = { type: 'message:new', payload: { roomId, content: 'hi', type: 'TEXT', tempId: 't-1' }, timestamp: 0 };

const id = fc.oneof(
  fc.uuid(),
  fc.constantFrom(
    roomId,
    roomId.toUpperCase(),
    '0d9a2b8e-6f54-0e0e-9d39-0f5f6f3f9f11',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    `${roomId}\n`,
    '',
  ),
);
const text = (max: number) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', 'x', 'a\u0000', '\ud800', 'x'.repeat(max), 'x'.repeat(max + 1)),
  );
const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(undefined, Number.NaN, Number.POSITIVE_INFINITY));
const field = (values: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 8, arbitrary: values }, { weight: 1, arbitrary: odd });
// What JSON and MessagePack give has the usual prototype.
const payload = fc.record(
  {
    roomId: field(id),
    content: field(text(5_000)),
    type: field(fc.constantFrom('TEXT', 'IMAGE', 'FILE', 'SYSTEM')),
    tempId: field(text(128)),
    replyToId: field(fc.oneof(fc.constant(null), id)),
    attachments: field(fc.array(fc.record({ fileId: id }), { maxLength: 2 })),
    unknown: odd,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const frame = fc.record(
  {
    type: field(fc.constantFrom('message:new', 'typing:start')),
    payload: field(payload),
    timestamp: field(fc.double()),
    requestId: field(text(128)),
    unknown: odd,
  },
  { requiredKeys: [], noNullPrototype: true },
);

test('what is taken as usual is just what the contract gives back', () => {
  fc.assert(
    fc.property(fc.oneof(frame, odd), (value) => {
      if (!isUsualMessage(value)) return;
      expect(clientFrames['message:new'].parse(value)).toStrictEqual(value);
    }),
    { numRuns: 5_000 },
  );
});

test.each([
  usual,
  { ...usual, requestId: 'r-1' },
  { type: 'message:new', payload: { roomId, content: 'é 👋', type: 'IMAGE', replyToId: null } },
])('the usual ones are taken: %j', (value) => expect(isUsualMessage(value)).toBe(true));

test.each([
  { ...usual, more: 1 },
  { ...usual, payload: { ...usual.payload, attachments: [] } },
  { ...usual, payload: { roomId, content: 'hi' } },
  { ...usual, payload: JSON.parse(`{"__proto__":1,"roomId":"${roomId}","content":"x","type":"TEXT"}`) },
])('whatever is unusual is left to the contract: %j', (value) => expect(isUsualMessage(value)).toBe(false));
