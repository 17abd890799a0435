import { expect, test } from 'vitest';
import { agreeOn } from './subprotocol.ts';

test.each([
  ['', 'json', ''],
  ['kuraxx.v1+msgpack', 'msgpack', 'kuraxx.v1+msgpack'],
  ['kuraxx.v1+json', 'json', 'kuraxx.v1+json'],
  ['chat, kuraxx.v1+msgpack ,kuraxx.v1+json', 'msgpack', 'kuraxx.v1+msgpack'],
  ['kuraxx.v1+json,kuraxx.v1+msgpack', 'json', 'kuraxx.v1+json'],
  ['graphql-ws, chat', 'json', ''],
  ['KURAXX.V1+MSGPACK', 'json', ''],
  ['kuraxx.v2+msgpack', 'json', ''],
])('%j: the first that is known, else none and JSON', (offered, encoding, protocol) =>
  expect(agreeOn(offered)).toEqual({ encoding, protocol }),
);
