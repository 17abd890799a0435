import { expect, test } from 'vitest';
import { createSigner } from './signature.ts';

test('what the secret before has signed stays valid, for the same purpose alone', () => {
  const [old, fresh] = ['o'.repeat(32), 'f'.repeat(32)];
  const signature = createSigner(old, 'links').sign('text');
  expect(createSigner(fresh, 'links', old).isValid('text', signature)).toBe(true);
  expect(createSigner(fresh, 'links', old).isValid('other text', signature)).toBe(false);
  expect(createSigner(fresh, 'other links', old).isValid('text', signature)).toBe(false);
  expect(createSigner(fresh, 'links').isValid('text', signature)).toBe(false);
  expect(createSigner(fresh, 'links', old).sign('text')).toBe(createSigner(fresh, 'links').sign('text'));
});
