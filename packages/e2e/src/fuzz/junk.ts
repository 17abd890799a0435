import { type Arbitrary, constantFrom, double, jsonValue, maxSafeInteger, oneof, string } from 'fast-check';
import { bareJson, deep, long } from './placeholders.ts';

/** Texts that have broken programs before. */
export const nastyTexts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udfff',
  '\u202e\ufeff\u2028',
  '😀'.repeat(40),
  'e\u0301'.repeat(30),
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '%00%ff%zz',
  "' or 1=1 --",
  '<script>',
  '${7*7}',
  'kuraxx.>',
  '*',
  'a.b.c',
  '\r\nX-Injected: 1',
  'undefined',
  'NaN',
  'true',
  '-1',
  '1e400',
  '9007199254740993',
  '+020000-01-01',
  '0000-00-00T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  '11111111-1111-1111-1111-11111111111',
  'javascript:alert(1)',
  'http://[::1',
  'x.0.1',
  'aaaa.accounts.9999999999999999',
] as const;

export const junkText: Arbitrary<string> = oneof(
  { weight: 6, arbitrary: constantFrom(...nastyTexts) },
  { weight: 3, arbitrary: string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: constantFrom(long(129), long(255), long(5001), long(20_000)) },
);

/** A value of a wrong type or size, or wrong in itself. */
export const junkValue: Arbitrary<unknown> = oneof(
  { weight: 6, arbitrary: junkText },
  { weight: 3, arbitrary: constantFrom(null, true, false, 0, -1, 1.5, 2 ** 53, 1e308, -1e308, [], {}, [[]], [null]) },
  { weight: 1, arbitrary: maxSafeInteger() },
  { weight: 1, arbitrary: double() },
  { weight: 2, arbitrary: jsonValue({ maxDepth: 3 }) },
  { weight: 2, arbitrary: constantFrom(...[1, 30, 300, 8000].map(deep)) },
  { weight: 1, arbitrary: constantFrom(...['1e999', '-0', '00', '1.', 'NaN', '+1', '0x1', '1e-999'].map(bareJson)) },
);
