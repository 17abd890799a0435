import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAcknowledgement, parseAnyAcknowledgement } from './acknowledgement.ts';

const outcomeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch {
    return 'thrown';
  }
};

/** As servers have written them, and what differs a little. */
const looks = fc
  .tuple(
    fc.constantFrom('{"stream":"', '{ "stream":"', '{"domain":"hub","stream":"'),
    fc.constantFrom('KURAXX_ROOMS_3', 'x', '', 'a\\"b', 'ä'),
    fc.constantFrom('", "seq":', '","seq":', '",  "seq":', '","seq": '),
    fc.oneof(fc.nat(), fc.constantFrom('-1', '1.5', '1e3', '01', '123456789012345678', '"7"', 'null')),
    fc.constantFrom(
      '',
      ',"duplicate": true',
      ',"duplicate":true',
      ', "duplicate": true',
      ',"duplicate":false',
      ',"x":1',
    ),
    fc.constantFrom('}', '}\n', '', '},'),
  )
  .map((parts) => parts.join(''));

test('an acknowledgement says the same however it is read', () => {
  fc.assert(
    fc.property(fc.oneof(looks, fc.json(), fc.string()), (text) => {
      const quick = outcomeOf(() => parseAcknowledgement(new TextEncoder().encode(text)));
      const slow = outcomeOf(() => parseAnyAcknowledgement(new TextDecoder().decode(new TextEncoder().encode(text))));
      expect(quick).toEqual(slow);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['{"stream":"KURAXX_ROOMS_3", "seq":41}', { seq: 41 }],
  ['{"stream":"KURAXX_ROOMS_3", "seq":41,"duplicate": true}', { seq: 41, duplicate: true }],
  [
    '{"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 2"},"stream":"S","seq":0}',
    { seq: 0, error: { code: 400, err_code: 10071, description: 'wrong last sequence: 2' } },
  ],
])('%s', (text, expected) => expect(parseAcknowledgement(new TextEncoder().encode(text))).toEqual(expected));
