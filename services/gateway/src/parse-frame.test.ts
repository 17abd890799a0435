import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFrame } from './parse-frame.ts';

const roomId = '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11';
const frame = (type: unknown, payload: unknown, more: object = {}) => JSON.stringify({ type, payload, ...more });

describe('bad frames', () => {
  const table: [string, string, string][] = [
    ['nothing', '', 'INVALID_MESSAGE'],
    ['no JSON', '{', 'INVALID_MESSAGE'],
    ['null', 'null', 'INVALID_MESSAGE'],
    ['an array', '[]', 'INVALID_MESSAGE'],
    ['a number', '42', 'INVALID_MESSAGE'],
    ['a string', '"hi"', 'INVALID_MESSAGE'],
    ['no type', '{}', 'UNKNOWN_EVENT'],
    ['a number as type', frame(1, {}), 'UNKNOWN_EVENT'],
    ['an unknown type', frame('room:destroy', {}), 'UNKNOWN_EVENT'],
    ['a name of every object', frame('toString', {}), 'UNKNOWN_EVENT'],
    ['the prototype', frame('__proto__', {}), 'UNKNOWN_EVENT'],
    ['no payload', frame('room:join', undefined), 'VALIDATION_ERROR'],
    ['null as payload', frame('room:join', null), 'VALIDATION_ERROR'],
    ['no token', frame('authenticate', {}), 'VALIDATION_ERROR'],
    ['a room id that is none', frame('room:join', { roomId: 'x' }), 'VALIDATION_ERROR'],
    ['a wildcard as room id', frame('room:join', { roomId: '>' }), 'VALIDATION_ERROR'],
    ['a position that is none', frame('room:join', { roomId, since: 'x' }), 'VALIDATION_ERROR'],
    ['an empty message', frame('message:new', { roomId, content: '' }), 'VALIDATION_ERROR'],
    ['a long message', frame('message:new', { roomId, content: 'x'.repeat(5001) }), 'VALIDATION_ERROR'],
    ['a number as message', frame('message:new', { roomId, content: 7 }), 'VALIDATION_ERROR'],
    ['a SYSTEM message', frame('message:new', { roomId, content: 'x', type: 'SYSTEM' }), 'VALIDATION_ERROR'],
    ['U+0000 in a message', frame('message:new', { roomId, content: 'a\u0000b' }), 'VALIDATION_ERROR'],
    ['a lone surrogate', frame('message:new', { roomId, content: '\ud800' }), 'VALIDATION_ERROR'],
  ];
  test.each(table)('%s', (_name, text, code) => expect(parseFrame(text)).toMatchObject({ ok: false, code }));
});

test('a bad frame is answered with its request id where it has one', () => {
  expect(parseFrame(frame('room:join', {}, { requestId: 'r-9' }))).toMatchObject({ ok: false, requestId: 'r-9' });
  expect(parseFrame(frame('nope', {}, { requestId: 9 }))).toMatchObject({ ok: false, requestId: undefined });
});

test('a message is TEXT where its type is left out', () => {
  expect(parseFrame(frame('message:new', { roomId, content: 'hi' }))).toMatchObject({
    ok: true,
    frame: { payload: { type: 'TEXT' } },
  });
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => typeof parseFrame(text).ok === 'boolean'));
});
