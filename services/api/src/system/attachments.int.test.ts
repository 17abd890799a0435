import { randomUUID } from 'node:crypto';
import { apiContract, type Message } from '@kuraxx/contracts';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactly } from './client.fixture.ts';
import { uploadFile, uploadImage } from './files.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { messages, upload } = apiContract;
type Person = Awaited<ReturnType<System['register']>>;
let system: System;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  system = await startSystem();
  [ann, bob] = [await system.register('ann'), await system.register('bob')];
});
afterAll(() => system?.close());

const newRoom = async (...members: Person[]): Promise<string> =>
  (await system.createRoom(ann.token, { memberIds: members.map(({ id }) => id) })).id;
const attach = (...fileIds: string[]) => ({ attachments: fileIds.map((fileId) => ({ fileId })) });
const get = async (by: Person, id: string): Promise<Message> =>
  exactly(messages.get.responses[200], await system.send('GET', `/messages/${id}`, { token: by.token })).data.message;
const status = async (url: string | undefined | null): Promise<number> => (await fetch(url ?? 'no url')).status;

test('a message shows its files in every answer, to each member by a link of their own', async () => {
  const roomId = await newRoom(bob);
  const [file, picture] = [await uploadFile(system.url, ann.token), await uploadImage(system.url, ann.token)];
  const sent = await system.say(ann.token, roomId, '', attach(file.id, picture.id));
  expect(sent.attachments.map(({ id, fileName }) => ({ id, fileName }))).toEqual([
    { id: file.id, fileName: 'log.txt' },
    { id: picture.id, fileName: 'dot.png' },
  ]);
  const [text, dot] = sent.attachments;
  expect(text).toMatchObject({ messageId: sent.id, fileSize: 12, mimeType: 'text/plain', thumbnailUrl: null });
  expect(await (await fetch(text?.url ?? '')).text()).toBe('hello world\n');
  expect((await fetch(dot?.thumbnailUrl ?? '')).headers.get('content-type')).toBe('image/webp');

  const history = exactly(
    messages.history.responses[200],
    await system.send('GET', `/messages/history?roomId=${roomId}`, { token: bob.token }),
  ).data.messages;
  const seen = [(await get(bob, sent.id)).attachments[0], history[0]?.attachments[0]];
  for (const one of seen) {
    expect(one?.id).toBe(file.id);
    expect(one?.url).toContain(`for=${bob.id}`);
    expect(await status(one?.url)).toBe(200);
  }
  const edited = await system.send('PATCH', `/messages/${sent.id}`, { token: ann.token, body: { content: 'new' } });
  const after = exactly(messages.edit.responses[200], edited).data.message;
  expect(after.attachments.map(({ id }) => id)).toEqual([file.id, picture.id]);
  expect(await status(after.attachments[0]?.url)).toBe(200);
});

test('who was removed follows no link any more, the others do', async () => {
  const roomId = await newRoom(bob);
  const file = await uploadFile(system.url, ann.token);
  const { id } = await system.say(ann.token, roomId, 'look', attach(file.id));
  const [ofAnn, ofBob] = [(await get(ann, id)).attachments[0]?.url, (await get(bob, id)).attachments[0]?.url];
  expect(await status(ofBob)).toBe(200);
  const removed = await system.send('DELETE', `/rooms/${roomId}/members/${bob.id}`, { token: ann.token });
  expect(removed.status).toBe(200);
  expect(await status(ofBob)).toBe(403);
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'GET', `/messages/${id}`, { token: bob.token });
  expect(await status(ofAnn)).toBe(200);
  expect(await status(ofBob?.replace(bob.id, ann.id))).toBe(404);
});

test('files go with the message, and with the room', async () => {
  const roomId = await newRoom();
  const [one, other] = [await uploadFile(system.url, ann.token), await uploadFile(system.url, ann.token)];
  const first = await system.say(ann.token, roomId, 'one', attach(one.id));
  const second = await system.say(ann.token, roomId, 'other', attach(other.id));
  expect((await system.send('DELETE', `/messages/${first.id}`, { token: ann.token })).status).toBe(200);
  expect(await status(first.attachments[0]?.url)).toBe(404);
  expect(await system.keptFiles()).not.toContain(one.id);
  expect(await status(second.attachments[0]?.url)).toBe(200);
  expect((await system.send('DELETE', `/rooms/${roomId}`, { token: ann.token })).status).toBe(200);
  expect(await status(second.attachments[0]?.url)).toBe(404);
});

test('an owner may delete a file that a message shows: the message stays, its link does not', async () => {
  const roomId = await newRoom();
  const file = await uploadFile(system.url, ann.token);
  const { id, attachments } = await system.say(ann.token, roomId, 'look', attach(file.id));
  expect((await system.send('DELETE', `/upload/${file.id}`, { token: ann.token })).status).toBe(200);
  expect(await status(attachments[0]?.url)).toBe(404);
  expect((await get(ann, id)).attachments).toHaveLength(1);
});

test.each<[what: string, fileIds: () => Promise<string[]>]>([
  ['somebody else’s', async () => [(await uploadFile(system.url, bob.token)).id]],
  ['unknown', async () => [randomUUID()]],
  ['named twice', async () => Array(2).fill((await uploadFile(system.url, ann.token)).id)],
  ['too many', async () => Array.from({ length: 11 }, () => randomUUID())],
  ['no ids', async () => ['no-id']],
  [
    'deleted',
    async () => {
      const { id } = await uploadFile(system.url, ann.token);
      await system.send('DELETE', `/upload/${id}`, { token: ann.token });
      return [id];
    },
  ],
])('files that may not be shown are refused: %s', async (_what, fileIds) => {
  const body = { roomId: await newRoom(), content: 'x', ...attach(...(await fileIds())) };
  await system.refused(400, 'VALIDATION_ERROR', 'POST', '/messages/send', { token: ann.token, body });
});

test('a file is shown by one message, however often that is sent', async () => {
  const roomId = await newRoom();
  const { id } = await uploadFile(system.url, ann.token);
  const first = await system.say(ann.token, roomId, 'x', { ...attach(id), tempId: 't-1' });
  const again = await system.say(ann.token, roomId, 'x', { ...attach(id), tempId: 't-1' });
  expect(again).toMatchObject({ id: first.id, attachments: [{ id }] });
  const body = { roomId, content: 'x', ...attach(id) };
  await system.refused(400, 'VALIDATION_ERROR', 'POST', '/messages/send', { token: ann.token, body });
});

test('of two messages that want a file at once one gets it', async () => {
  const roomId = await newRoom();
  const { id } = await uploadFile(system.url, ann.token);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () =>
      system.send('POST', '/messages/send', { token: ann.token, body: { roomId, content: 'x', ...attach(id) } }),
    ),
  );
  expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, ...Array(7).fill(400)]);
});

test('strangers don’t learn whether a file is there', async () => {
  const roomId = await newRoom();
  const body = { roomId, content: 'x', ...attach(randomUUID()) };
  await system.refused(403, 'ROOM_ACCESS_DENIED', 'POST', '/messages/send', { token: bob.token, body });
});

test('what came by a signed address is looked at when it is shown', async () => {
  const roomId = await newRoom();
  const announce = async (mimeType: string) =>
    exactly(
      upload.signedUrl.responses[200],
      await system.send('POST', '/upload/signed-url', {
        token: ann.token,
        body: { fileName: 'a', mimeType, fileSize: 5 },
      }),
    ).data;
  const text = await announce('text/plain');
  const body = { roomId, content: 'x', ...attach(text.fileId) };
  await system.refused(400, 'VALIDATION_ERROR', 'POST', '/messages/send', { token: ann.token, body });
  await fetch(text.uploadUrl, { method: 'PUT', body: 'hello', headers: { 'content-type': 'text/plain' } });
  const sent = await system.say(ann.token, roomId, 'x', attach(text.fileId));
  expect(await (await fetch(sent.attachments[0]?.url ?? '')).text()).toBe('hello');

  const fake = await announce('image/png');
  await fetch(fake.uploadUrl, { method: 'PUT', body: 'hello', headers: { 'content-type': 'image/png' } });
  const bad = { roomId, content: 'x', ...attach(fake.fileId) };
  await system.refused(400, 'FILE_TYPE_NOT_ALLOWED', 'POST', '/messages/send', { token: ann.token, body: bad });
  expect(await system.keptFiles()).not.toContain(fake.fileId);
});

test('with Postgres away files are uploaded, shown and read all the same', async () => {
  const roomId = await newRoom();
  system.postgres.cut();
  try {
    const file = await uploadFile(system.url, ann.token);
    const sent = await system.say(ann.token, roomId, 'look', attach(file.id));
    expect(await status(sent.attachments[0]?.url)).toBe(200);
  } finally {
    system.postgres.resume();
  }
  await eventually(async () => expect((await system.send('GET', '/stats', { token: ann.token })).status).toBe(200));
});
