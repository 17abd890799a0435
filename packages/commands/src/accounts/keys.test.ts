import { expect, test } from 'vitest';
import { createAccessTokens } from './tokens.ts';

const old = 'o'.repeat(32);
const fresh = 'f'.repeat(32);
const foreign = 'x'.repeat(32);
const claims = { userId: 'ann', email: 'ann@example.com', username: 'ann', sessionId: 's', passwordVersion: 0 };
const tokensOf = (secret: string, previousSecret?: string, expiryMs = 60_000) =>
  createAccessTokens({ secret, previousSecret, expiryMs });

test('while keys are changed both count, in processes that have the new key and in those that have the old one alone', () => {
  const before = tokensOf(old);
  const between = tokensOf(old, fresh); // knows the new key, signs with the old one
  const after = tokensOf(fresh, old);
  expect(after.verify(before.sign(claims))).toMatchObject(claims);
  expect(between.verify(after.sign(claims))).toMatchObject(claims);
  expect(before.verify(between.sign(claims))).toMatchObject(claims);
});

test('without the one before, or with any other, a token is worth nothing', () => {
  expect(() => tokensOf(fresh).verify(tokensOf(old).sign(claims))).toThrow(
    expect.objectContaining({ code: 'AUTH_TOKEN_INVALID' }),
  );
  expect(() => tokensOf(fresh, old).verify(tokensOf(foreign).sign(claims))).toThrow(
    expect.objectContaining({ code: 'AUTH_TOKEN_INVALID' }),
  );
});

test('the key before lengthens no life', () => {
  const long = tokensOf(old, undefined, 1_000).sign(claims);
  const late = Date.now() + 5_000;
  const { expiresAtMs } = tokensOf(fresh, old).verify(long);
  expect(expiresAtMs).toBeLessThan(late);
});
