import { type FileRef, formatFileRef } from '@kuraxx/domain';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLinks, type LinkParts } from './link.ts';
import { createOutgoing } from './outgoing.ts';
import { createSigner } from './signature.ts';

const base = 'https://chat.example.org';
const links = createLinks(createSigner('s'.repeat(32), 'file links v1'), base);
const idOf = (digit: string) => `${digit.repeat(8)}-1111-4111-8111-111111111111`;
const [userId, fileId, roomId, readerId] = [idOf('1'), idOf('2'), idOf('3'), idOf('4')] as const;
const now = Date.parse('2031-02-03T04:05:06.789Z');
const hourMs = 3_600_000;
const original = { variant: 'original', extension: 'png' } as const;
const inRoom: FileRef = { userId, fileId, ...original, scope: { kind: 'room', roomId } };
const picture: FileRef = { ...inRoom, scope: { kind: 'picture' } };

const partsOf = (link: string): LinkParts => {
  const url = new URL(link);
  const [, , user = '', file = '', name = ''] = url.pathname.split('/');
  const get = (key: string) => url.searchParams.get(key);
  return {
    userId: user,
    fileId: file,
    name,
    scope: get('scope') ?? '',
    for: get('for') ?? undefined,
    until: get('until') ?? '',
    sig: get('sig') ?? '',
  };
};

test('a link says what it is for, and to whom it was given', () => {
  const parts = partsOf(links.make(inRoom, readerId, now));
  expect(links.check(parts, now)).toEqual({ ref: inRoom, readerId });
  expect(links.check(partsOf(links.make(inRoom, undefined, now)), now)).toEqual({ ref: inRoom, readerId: undefined });
});

test('whatever is changed in it makes it worthless', () => {
  const parts = partsOf(links.make(inRoom, readerId, now));
  const changes: Partial<LinkParts>[] = [
    { userId: roomId },
    { fileId: roomId },
    { name: 'thumbnail.webp' },
    { name: 'original.html' },
    { scope: 'owner' },
    { scope: 'picture' },
    { scope: `room:${fileId}` },
    { for: undefined },
    { for: userId },
    { until: String(Number(parts.until) + 1) },
    { until: '' },
    { sig: '' },
    { sig: `${parts.sig.startsWith('A') ? 'B' : 'A'}${parts.sig.slice(1)}` },
  ];
  for (const change of changes) expect(links.check({ ...parts, ...change }, now)).toBeUndefined();
});

test('what another secret or another purpose has signed is worth nothing', () => {
  const parts = partsOf(links.make(inRoom, readerId, now));
  for (const signer of [createSigner('t'.repeat(32), 'file links v1'), createSigner('s'.repeat(32), 'storage v1')]) {
    expect(createLinks(signer, base).check(parts, now)).toBeUndefined();
  }
});

test('a link to a member lives for a week at least, one in a frame for an hour and at most ten minutes more', () => {
  const personal = partsOf(links.make(inRoom, readerId, now));
  expect(links.check(personal, now + 7 * 24 * hourMs)).toBeDefined();
  expect(links.check(personal, now + 8 * 24 * hourMs + 1000)).toBeUndefined();
  const framed = partsOf(links.make(inRoom, undefined, now));
  expect(links.check(framed, now + hourMs)).toBeDefined();
  expect(links.check(framed, now + hourMs + 600_001)).toBeUndefined();
});

test('within a while the same link is made, so that it is found in caches', () => {
  expect(links.make(inRoom, readerId, now + 1000)).toBe(links.make(inRoom, readerId, now));
  expect(links.make(inRoom, undefined, now + 1000)).toBe(links.make(inRoom, undefined, now));
});

test('a picture is for everybody: its link names nobody', () => {
  expect(links.make(picture, readerId, now)).toBe(links.make(picture, undefined, now));
});

test('a link that is sent back is recognised, also when it is over', () => {
  expect(links.recognise(links.make(picture, undefined, now - 400 * 24 * hourMs))).toEqual(picture);
  const link = links.make(picture, undefined, now);
  expect(links.recognise(link.replace('/files/', '/api/files/'))).toEqual(picture);
  for (const other of ['https://example.org/a.png', link.replace(base, 'https://evil.example'), `${base}/other`, '']) {
    expect(links.recognise(other)).toBeUndefined();
  }
  const forged = [
    `${base}/files/a/b/c`,
    link.replace(/.$/, '_'),
    link.replace('picture', 'owner'),
    `${base}/files/a/b/c?x`,
  ];
  for (const one of forged) expect(links.recognise(one)).toBe('forged');
});

const outgoing = createOutgoing(links, () => now);
const ref = formatFileRef(inRoom);

test('references become links wherever an address stands', () => {
  const answer = { url: ref, thumbnailUrl: null, sender: { avatarUrl: formatFileRef(picture) }, content: 'ahoy' };
  expect(JSON.parse(outgoing.text(JSON.stringify(answer), readerId))).toEqual({
    url: links.make(inRoom, readerId, now),
    thumbnailUrl: null,
    sender: { avatarUrl: links.make(picture, undefined, now) },
    content: 'ahoy',
  });
});

test('bytes without a reference are given back as they are, with one they name no reader', () => {
  const plain = Buffer.from('{"content":"ahoy"}');
  expect(outgoing.bytes(plain)).toBe(plain);
  const signed = outgoing.bytes(Buffer.from(JSON.stringify({ url: ref, content: 'Grüße' })));
  expect(JSON.parse(signed.toString())).toEqual({ url: links.make(inRoom, undefined, now), content: 'Grüße' });
});

test('nothing that a person writes becomes a link', () => {
  const spiced = fc
    .array(fc.constantFrom('"', '\\', '"url":"', ref, ',', ':', '{', '}', 'x', '\\"url\\":\\"'), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(spiced, spiced, (content, name) => {
      const json = JSON.stringify({ content, sender: { displayName: name }, avatarUrl: null });
      expect(outgoing.text(json, readerId)).toBe(json);
    }),
    { numRuns: 2000 },
  );
});
