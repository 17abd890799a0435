import { type ServerFrameType, serverFrames } from '@kuraxx/contracts';
import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packed } from './msgpack.ts';
import { parseFrame } from './parse-frame.ts';
import { encodeFrame } from './server-frame.ts';

const id = fc.uuid();
const at = fc
  .date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const words = fc.string({ unit: 'grapheme', maxLength: 600 });
const name = fc.string({ minLength: 1, maxLength: 30 });
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one);
const position = fc.tuple(fc.nat(15), fc.maxSafeNat()).map(([partition, sequence]) => `k3f9.${partition}.${sequence}`);
const person = { userId: id, username: name };
const user = {
  id,
  username: name,
  displayName: name,
  avatarUrl: maybe(fc.webUrl()),
  isOnline: fc.boolean(),
  lastSeenAt: maybe(at),
};
const attachment = fc.record({
  id,
  name,
  url: fc.webUrl(),
  type: name,
  size: fc.maxSafeNat(),
  thumbnailUrl: maybe(fc.webUrl()),
  width: maybe(fc.nat()),
  height: maybe(fc.nat()),
});
const plainMessage = {
  id,
  content: words,
  type: fc.constantFrom('TEXT', 'IMAGE', 'SYSTEM'),
  status: fc.constant('SENT'),
  roomId: id,
  senderId: id,
  replyToId: maybe(id),
  editedAt: maybe(at),
  deletedAt: maybe(at),
  createdAt: at,
  updatedAt: at,
  sender: fc.record(user),
  attachments: fc.array(attachment, { maxLength: 10 }),
};
const message = fc.record({
  ...plainMessage,
  replyTo: maybe(fc.record({ ...plainMessage, replyTo: fc.constant(null) })),
});
const code = fc.constantFrom('RATE_LIMITED', 'SERVICE_UNAVAILABLE', 'NOT_IN_ROOM');
const typing = fc.record({ ...person, roomId: id, isTyping: fc.boolean() });
const notice = fc.record({ roomId: id, ...person });
const optional = { requiredKeys: [] };

/** A payload of every type that there is: a new frame does not compile until it is here. */
const payloads: Record<ServerFrameType, fc.Arbitrary<object>> = {
  authenticated: fc.record(person),
  'message:saved': fc.record({ message, tempId: name }),
  'message:update': fc.record({ message }),
  'message:delete': fc.record({ messageId: id }),
  'typing:start': typing,
  'typing:stop': typing,
  'room:join': fc.oneof(
    fc.record({ roomId: id, success: fc.constant(true), position: maybe(position), reset: fc.boolean() }),
    notice,
  ),
  'room:leave': fc.oneof(fc.record({ roomId: id, success: fc.constant(true) }), notice),
  resumed: fc.record({ joined: fc.array(id, { maxLength: 500 }), refused: fc.dictionary(id, code, { maxKeys: 500 }) }),
  'token:expired': fc.record({ closesInMs: fc.nat() }),
  reconnect: fc.record({ afterMs: fc.nat() }),
  'presence:online': fc.record({ ...person, isOnline: fc.constant(true), lastSeenAt: fc.constant(null) }),
  'presence:offline': fc.record({ ...person, isOnline: fc.constant(false), lastSeenAt: at }),
  error: fc.record({ code, message: words, retryAfterMs: fc.nat() }),
};
const types = Object.keys(serverFrames).filter((type): type is ServerFrameType => Object.hasOwn(payloads, type));
const envelope = fc.record(
  { timestamp: fc.maxSafeNat(), requestId: name, position, prev: maybe(position), roomId: id },
  optional,
);

test.each(types)('%s: the packed frame says what its JSON says', (type) => {
  fc.assert(
    fc.property(payloads[type], envelope, (payload, more) => {
      const json = JSON.stringify({ type, payload, ...more });
      expect(decode(packed(json))).toEqual(JSON.parse(json));
      expect(decode(packed(Buffer.from(json)))).toEqual(JSON.parse(json));
    }),
    { numRuns: 50 },
  );
});

test('a text is packed once for all who get it one after the other, bytes once for all', () => {
  const [one, other] = [encodeFrame('reconnect', { afterMs: 1 }), encodeFrame('reconnect', { afterMs: 2 })];
  expect(packed(one)).toBe(packed(one));
  expect(packed(other)).not.toEqual(packed(one));
  const bytes = Buffer.from(one);
  const first = packed(bytes);
  packed(Buffer.from(other));
  expect(packed(bytes)).toBe(first);
});

const roomId = '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11';
const clientValues = fc.record(
  {
    type: fc.constantFrom(
      'authenticate',
      'room:join',
      'room:leave',
      'resume',
      'message:new',
      'typing:start',
      'nope',
      7,
    ),
    payload: fc.oneof(
      fc.record({ token: words }),
      fc.record({ roomId: fc.oneof(fc.constant(roomId), words), since: fc.oneof(position, words) }, optional),
      fc.record({ rooms: fc.dictionary(id, maybe(position)) }),
      fc.record(
        {
          roomId: fc.constant(roomId),
          content: words,
          tempId: id,
          replyToId: maybe(id),
          type: fc.constantFrom('TEXT', 'SYSTEM'),
        },
        optional,
      ),
      fc.jsonValue(),
    ),
    timestamp: fc.oneof(fc.nat(), fc.double(), words),
    requestId: fc.oneof(name, fc.nat()),
  },
  optional,
);

/** Which decoders must not set. */
const isHarmless = (json: string): boolean => !json.includes('__proto__');

test('what a client says is understood, or refused, alike in both', () => {
  fc.assert(
    fc.property(clientValues, (value) => {
      const json = JSON.stringify(value);
      fc.pre(isHarmless(json));
      const same: unknown = JSON.parse(json);
      expect(parseFrame(Buffer.from(encode(same)))).toEqual(parseFrame(json));
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['no MessagePack', Buffer.from('{"type":"authenticate"}')],
  ['nothing', Buffer.alloc(0)],
  ['a list', Buffer.from(encode(['authenticate']))],
  ['nested too deeply', Buffer.alloc(60_000, 0x91)],
  ['a prototype', Buffer.from([0x81, 0xa9, ...Buffer.from('__proto__'), 0x80])],
])('%s is no frame', (_name, bytes) => expect(parseFrame(bytes)).toMatchObject({ ok: false, code: 'INVALID_MESSAGE' }));

test('no bytes make it throw', () => {
  fc.assert(fc.property(fc.uint8Array(), (array) => typeof parseFrame(Buffer.from(array)).ok === 'boolean'));
});
