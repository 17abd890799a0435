import { specificationOf } from '@kuraxx/testing';
import { expect, test } from 'vitest';
import type { FileEvent, FileUse } from '../events/index.ts';
import { at, later } from '../people.fixture.ts';
import { decideFile, type FileCommand } from './decide.ts';
import { evolveFile, initialFile, type UserFile } from './file.ts';

const given = specificationOf({
  decide: (command: FileCommand, file: UserFile) => {
    const event = decideFile(command, file);
    return event === undefined ? [] : [event];
  },
  evolve: evolveFile,
  initialState: initialFile,
});
const key = { fileId: 'f1', userId: 'ann' };
const facts = { ...key, fileName: 'a.png', mimeType: 'image/png', fileSize: 12, purpose: 'message' } as const;
const text = { ...facts, mimeType: 'text/plain' } as const;
const start: FileCommand = { type: 'StartUpload', facts, at };
const started: FileEvent = { type: 'UploadStarted', data: { ...facts, at } };
const complete: FileCommand = {
  type: 'CompleteUpload',
  mimeType: 'image/png',
  fileSize: 11,
  hasThumbnail: true,
  at,
};
const stored: FileEvent = { type: 'FileUploaded', data: { ...facts, fileSize: 11, hasThumbnail: true, at } };
const inMessage: FileUse = { kind: 'message', roomId: 'r1', messageId: 'm1' };
const use = (what: FileUse): FileCommand => ({ type: 'UseFile', use: what, at: later });
const used = (what: FileUse): FileEvent => ({ type: 'FileUsed', data: { ...key, use: what, at: later } });
const remove: FileCommand = { type: 'DeleteFile', at: later };
const removed: FileEvent = { type: 'FileDeleted', data: { ...key, reason: 'owner', at: later } };
const swept: FileEvent = { type: 'FileDeleted', data: { ...key, reason: 'unused', at: later } };
const sweep = (unchangedSince: string, endedUse: FileUse | null): FileCommand => ({
  type: 'SweepFile',
  unchangedSince,
  endedUse,
  at: later,
});
const purge: FileCommand = { type: 'PurgeFile', at: later };
const purged: FileEvent = { type: 'FilePurged', data: { ...key, at: later } };

test('an upload is announced', () => given().when(start).then(started));
test('once', () => given(started).when(start).thenRefused('RESOURCE_EXISTS'));
test('its bytes come, and what they are counts', () => given(started).when(complete).then(stored));
test('bytes that came already change nothing', () => given(started, stored).when(complete).thenNothing());
test('nobody waits for the bytes of a deleted file', () =>
  given(started, removed).when(complete).thenRefused('VALIDATION_ERROR'));

test('a message shows a file', () => given(started, stored).when(use(inMessage)).then(used(inMessage)));
test('the same message may ask again', () =>
  given(started, stored, used(inMessage)).when(use(inMessage)).thenNothing());
test('which counts as new when it has not come for long', () => {
  const tomorrow = new Date(Date.parse(later) + 24 * 60 * 60_000).toISOString();
  given(started, stored, used(inMessage))
    .when({ type: 'UseFile', use: inMessage, at: tomorrow })
    .then({ type: 'FileUsed', data: { ...key, use: inMessage, at: tomorrow } });
});
test('another one may not', () =>
  given(started, stored, used(inMessage))
    .when(use({ ...inMessage, messageId: 'm2' }))
    .thenRefused('VALIDATION_ERROR'));
test('a picture may be chosen again, which counts as new', () =>
  given(started, stored, used({ kind: 'user' }))
    .when(use({ kind: 'user' }))
    .then(used({ kind: 'user' })));
test('the picture of a room is not that of another', () =>
  given(started, stored, used({ kind: 'room', roomId: 'r1' }))
    .when(use({ kind: 'room', roomId: 'r2' }))
    .thenRefused('VALIDATION_ERROR'));
test('a text is no picture', () =>
  given(
    { type: 'UploadStarted', data: { ...text, at } },
    { type: 'FileUploaded', data: { ...text, hasThumbnail: false, at } },
  )
    .when(use({ kind: 'user' }))
    .thenRefused('VALIDATION_ERROR'));
test.each([
  ['unknown', []],
  ['not uploaded yet', [started]],
  ['deleted', [started, stored, removed]],
])('a file that is %s is not shown', (_what, history) =>
  given(...history)
    .when(use(inMessage))
    .thenRefused('VALIDATION_ERROR'),
);

test('an owner deletes a file, in use or not', () => {
  given(started, stored).when(remove).then(removed);
  given(started, stored, used(inMessage)).when(remove).then(removed);
});
test('what is not there is not found', () => {
  given().when(remove).thenRefused('RESOURCE_NOT_FOUND');
  given(started, removed).when(remove).thenRefused('RESOURCE_NOT_FOUND');
});

test('a sweep takes what nothing shows', () => given(started, stored).when(sweep(later, null)).then(swept));
test('and what never came', () => given(started).when(sweep(later, null)).then(swept));
test('but not what changed a moment ago', () =>
  given(started, stored).when(sweep('2000-01-01T00:00:00.000Z', null)).thenNothing());
test('nor what is in use', () => given(started, stored, used(inMessage)).when(sweep(later, null)).thenNothing());
test('unless that use is over', () =>
  given(started, stored, used(inMessage)).when(sweep(later, inMessage)).then(swept));
test('it takes nothing twice', () => given(started, stored, swept).when(sweep(later, null)).thenNothing());

test('the bytes of a deleted file are cleared away, once', () => {
  given(started, stored, removed).when(purge).then(purged);
  given(started, stored, removed, purged).when(purge).thenNothing();
  given(started, stored).when(purge).thenNothing();
});

test('nothing brings a deleted file back', () => {
  const history = [started, stored, removed, stored, used(inMessage), started];
  expect(history.reduce(evolveFile, initialFile()).status).toBe('deleted');
});
