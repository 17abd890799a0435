import { apiContract } from '@kuraxx/contracts';
import { keysOf } from '@kuraxx/files';
import type { Sweepable } from '@kuraxx/read-model';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepFiles, unusedForMs } from '../uploads/sweep.ts';
import { exactly } from './client.fixture.ts';
import { uploadFile, uploadImage } from './files.fixture.ts';
import { openParts, type Parts } from './process-parts.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { upload } = apiContract;
let system: System;
let parts: Parts;
let ann: Awaited<ReturnType<System['register']>>;
beforeAll(async () => {
  system = await startSystem();
  parts = await openParts(system);
  ann = await system.register('ann');
});
afterAll(async () => {
  await parts?.close();
  await system?.close();
});

const newRoom = async (): Promise<string> => (await system.createRoom(ann.token)).id;
const attach = (fileId: string) => ({ attachments: [{ fileId }] });
const status = async (url: string | null | undefined): Promise<number> => (await fetch(url ?? 'no url')).status;
/** A run of tomorrow: whatever is there now is a day old then. */
const sweepAll = () => sweepFiles(parts, Date.now() + unusedForMs);
/** The read model has seen every file. */
const projected = (...fileIds: string[]): Promise<void> =>
  eventually(async () => {
    const { files } = await parts.readModel.queries.filesToSweep({ after: '', limit: 1000, before: '2100-01-01' });
    const seen = new Set(files.map(({ fileId }) => fileId));
    for (const fileId of fileIds) expect(seen).toContain(fileId);
  });

test('what nothing shows is deleted for good, what is shown stays', async () => {
  const roomId = await newRoom();
  const body = { fileName: 'a.txt', mimeType: 'text/plain', fileSize: 5 };
  const announce = async () =>
    exactly(
      upload.signedUrl.responses[200],
      await system.send('POST', '/upload/signed-url', { token: ann.token, body }),
    );
  const [{ data: never }, { data: came }] = [await announce(), await announce()];
  await fetch(came.uploadUrl, { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/plain' } });
  const unused = await uploadImage(system.url, ann.token);
  const [shown, avatar, replaced, ofRoom] = [
    await uploadFile(system.url, ann.token),
    await uploadImage(system.url, ann.token),
    await uploadImage(system.url, ann.token),
    await uploadImage(system.url, ann.token),
  ];
  const message = await system.say(ann.token, roomId, 'look', attach(shown.id));
  const patch = (path: string, avatarUrl: string) =>
    system.send('PATCH', path, { token: ann.token, body: { avatarUrl } });
  for (const url of [replaced.url, avatar.url]) expect((await patch('/users/me', url)).status).toBe(200);
  expect((await patch(`/rooms/${roomId}`, ofRoom.url)).status).toBe(200);
  await projected(never.fileId, came.fileId, unused.id, replaced.id);

  expect(await sweepFiles(parts, Date.now())).toBe(0); // all of it is of today
  expect(await sweepAll()).toBe(4);
  const kept = await system.keptFiles();
  for (const gone of [never.fileId, came.fileId, unused.id, replaced.id]) expect(kept).not.toContain(gone);
  for (const stays of [shown.id, avatar.id, ofRoom.id]) expect(kept).toContain(stays);
  expect(await status(message.attachments[0]?.url)).toBe(200);
  expect(await status(unused.url)).toBe(404);
  expect(await status(came.publicUrl)).toBe(404);
  await eventually(async () => expect(await sweepAll()).toBe(0));
});

test('whoever asks for a file while it is swept either comes first or is refused', async () => {
  const roomId = await newRoom();
  const files = await Promise.all(Array.from({ length: 20 }, () => uploadFile(system.url, ann.token)));
  await projected(...files.map(({ id }) => id));
  const [answers] = await Promise.all([
    Promise.all(
      files.map(({ id }) =>
        system.send('POST', '/messages/send', { token: ann.token, body: { roomId, content: 'x', ...attach(id) } }),
      ),
    ),
    sweepAll(),
    sweepAll(),
  ]);
  await eventually(sweepAll);
  const kept = await system.keptFiles();
  for (const [index, { id }] of files.entries()) {
    const isShown = answers[index]?.status === 201;
    expect(kept.includes(id)).toBe(isShown);
    expect(answers[index]?.status).toBe(isShown ? 201 : 400);
  }
});

test('a sweep that was cut off is finished by the next one', async () => {
  const { id: fileId } = await uploadFile(system.url, ann.token);
  await parts.commands.files.remove({ userId: ann.id, fileId }); // and not a byte of it
  await eventually(async () => {
    await sweepFiles(parts, Date.now());
    expect(await system.keptFiles()).not.toContain(fileId);
  });
});

test('files of deleted messages and rooms go without waiting for a day', async () => {
  const [roomId, otherId] = [await newRoom(), await newRoom()];
  const [one, other] = [await uploadFile(system.url, ann.token), await uploadFile(system.url, ann.token)];
  const { id } = await system.say(ann.token, roomId, 'x', attach(one.id));
  await system.say(ann.token, otherId, 'x', attach(other.id));
  await parts.commands.messages.remove(ann.id, id); // past the api, which would have deleted the file too
  await parts.commands.rooms.remove(ann.id, otherId);
  await eventually(async () => {
    await sweepFiles(parts, Date.now());
    const kept = await system.keptFiles();
    for (const gone of [one.id, other.id]) expect(kept).not.toContain(gone);
  });
});

/** A read model that says of a file what it says while it lags behind. */
const lagging = (file: Sweepable): Parts => {
  const { queries } = parts.readModel;
  const files = async () => ({ files: [file], last: undefined });
  return { ...parts, readModel: { ...parts.readModel, queries: { ...queries, filesToSweep: files } } };
};

test('a read model that lags behind is not believed', async () => {
  const roomId = await newRoom();
  const [shown, avatar] = [await uploadFile(system.url, ann.token), await uploadImage(system.url, ann.token)];
  const message = await system.say(ann.token, roomId, 'x', attach(shown.id));
  await system.send('PATCH', '/users/me', { token: ann.token, body: { avatarUrl: avatar.url } });
  const nothing = { userId: ann.id, roomId: null, messageId: null };
  const tales: Sweepable[] = [
    { ...nothing, fileId: shown.id, reason: 'unused', useKind: null },
    { userId: ann.id, fileId: shown.id, reason: 'lost', useKind: 'message', roomId, messageId: message.id },
    { ...nothing, fileId: avatar.id, reason: 'replaced', useKind: 'user' },
    { ...nothing, fileId: avatar.id, reason: 'unused', useKind: null },
  ];
  for (const tale of tales) expect(await sweepFiles(lagging(tale), Date.now() + unusedForMs)).toBe(0);
  expect(await system.keptFiles()).toEqual(expect.arrayContaining([shown.id, avatar.id]));
});

test('a file that was reserved for a message that never came is deleted in a day', async () => {
  const roomId = await newRoom();
  const { id: fileId } = await uploadFile(system.url, ann.token);
  const use = { kind: 'message', roomId, messageId: '99999999-9999-4999-8999-999999999999' } as const;
  await parts.commands.files.use({ userId: ann.id, fileId }, use);
  await eventually(async () => {
    await sweepAll();
    expect(await system.keptFiles()).not.toContain(fileId);
  });
});

test('with Postgres away nothing is swept, and the run says so', async () => {
  const { id: fileId } = await uploadFile(system.url, ann.token);
  await projected(fileId);
  system.postgres.cut();
  await expect(sweepAll()).rejects.toThrow();
  system.postgres.resume();
  expect(await parts.uploads.store.size(keysOf({ userId: ann.id, fileId }).original)).toBe(12);
});
