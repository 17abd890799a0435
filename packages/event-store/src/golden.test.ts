import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatEventSchema, wireTypes } from '@kuraxx/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeRecord, encodeEvent } from './codec.ts';
import { recordWith } from './event.fixture.ts';

const folder = join(import.meta.dirname, 'golden');
/** `stored`: as it lies in the log; `event`: what it has to become, whatever version is the newest by now. */
const goldenFile = z.object({ stored: z.unknown(), event: chatEventSchema });
const readGolden = (wireType: string) =>
  goldenFile.parse(JSON.parse(readFileSync(join(folder, `${wireType}.json`), 'utf8')));

const everyVersion = Object.values(wireTypes).flatMap(({ name, version }) =>
  Array.from({ length: version }, (_, index) => `${name}.v${index + 1}`),
);

test('there is a golden file of every version of every event, and no other file', () => {
  expect(readdirSync(folder).toSorted()).toEqual(everyVersion.map((wireType) => `${wireType}.json`).toSorted());
});

test.each(everyVersion)('%s is still read as it was meant', (wireType) => {
  const { stored, event } = readGolden(wireType);
  expect(decodeRecord(recordWith(wireType, JSON.stringify(stored)))).toMatchObject({ ...event });
});

test.each(Object.entries(wireTypes))('%s is still written as its golden file says, byte by byte', (_, wire) => {
  const wireType = `${wire.name}.v${wire.version}`;
  const { stored, event } = readGolden(wireType);
  const { data, headers } = encodeEvent(event, { eventId: 'e-1', source: 'kuraxx/test', time: '' });
  expect(headers['ce-type']).toBe(wireType);
  expect(new TextDecoder().decode(data)).toBe(JSON.stringify(stored));
});
