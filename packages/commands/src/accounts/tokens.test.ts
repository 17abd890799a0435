import { Refusal } from '@kuraxx/domain';
import jwt from 'jsonwebtoken';
import { afterEach, expect, test, vi } from 'vitest';
import { createAccessTokens } from './tokens.ts';

const secret = 'a-secret-of-this-test-with-32-characters';
const claims = { userId: 'u', email: 'e', username: 'n', sessionId: 's', passwordVersion: 0 };
const tokens = createAccessTokens({ secret, expiryMs: 60_000 });
const refused = (code: string) => expect.objectContaining({ constructor: Refusal, code });

afterEach(() => vi.useRealTimers());

test('a token stands for what was signed, the first time and every time', () => {
  const token = tokens.sign(claims);
  for (let time = 0; time < 3; time++) expect(tokens.verify(token)).toMatchObject(claims);
});

test('a token that was good before is refused from its expiry on, to the millisecond as one that is new', () => {
  vi.useFakeTimers({ now: 1_900_000_000_123 });
  const token = tokens.sign(claims);
  const { expiresAtMs } = tokens.verify(token);
  const fresh = () => createAccessTokens({ secret, expiryMs: 60_000 });
  vi.setSystemTime(expiresAtMs - 1);
  expect(tokens.verify(token)).toEqual(fresh().verify(token));
  vi.setSystemTime(expiresAtMs);
  for (const some of [tokens, tokens, fresh()]) expect(() => some.verify(token)).toThrow(refused('AUTH_TOKEN_EXPIRED'));
});

test.each([
  ['another signature', (token: string) => `${token.slice(0, -2)}xx`],
  ['another payload', (token: string) => token.replace('.', '.e30')],
  ['nothing', () => ''],
])('%s is refused also when the token itself is known', (_, change) => {
  const token = tokens.sign(claims);
  tokens.verify(token);
  expect(() => tokens.verify(change(token))).toThrow(refused('AUTH_TOKEN_INVALID'));
});

test('tokens of another secret, another algorithm or another kind are refused', () => {
  const other = createAccessTokens({ secret: secret.toUpperCase(), expiryMs: 60_000 });
  const payload = { userId: 'u', email: 'e', username: 'n', sid: 's', typ: 'access' };
  const bad = [
    other.sign(claims),
    jwt.sign(payload, secret, { algorithm: 'HS512', expiresIn: 60 }),
    jwt.sign(payload, null, { algorithm: 'none', expiresIn: 60 }),
    jwt.sign({ ...payload, typ: 'refresh' }, secret, { expiresIn: 60 }),
  ];
  for (const token of bad) expect(() => tokens.verify(token)).toThrow(refused('AUTH_TOKEN_INVALID'));
});
