import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FileScope, formatFileRef, parseFileRef } from './ref.ts';

const id = fc.uuid();
const scope: fc.Arbitrary<FileScope> = fc.oneof(
  fc.constant<FileScope>({ kind: 'owner' }),
  fc.constant<FileScope>({ kind: 'picture' }),
  id.map((roomId): FileScope => ({ kind: 'room', roomId })),
);

test('a reference is read back as it was', () => {
  fc.assert(
    fc.property(id, id, scope, fc.constantFrom('original', 'thumbnail'), (userId, fileId, of, variant) => {
      const ref = { userId, fileId, scope: of, variant, extension: 'webp' } as const;
      expect(parseFileRef(formatFileRef(ref))).toEqual(ref);
    }),
  );
});

test.each(['', 'https://example.org/a.png', 'kuraxx-file:x/y/original.png#owner', 'kuraxx-file:'])(
  '%j is no reference',
  (text) => expect(parseFileRef(text)).toBeUndefined(),
);
