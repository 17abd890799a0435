import { randomUUID } from 'node:crypto';
import { createFileLinks } from '@kuraxx/file-links';
import { answerSettling } from '@kuraxx/signals';
import { testServers } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesSecret, type Person, startGateway, type TestGateway } from './gateway.fixture.ts';

const { links } = createFileLinks(filesSecret, 'http://files.test');
let system: TestGateway;
let ann: Person;
let bob: Person;

beforeAll(async () => {
  system = await startGateway(testServers().natsUrl);
  [ann, bob] = await Promise.all([system.person('ann'), system.person('bob')]);
});
afterAll(() => system.close());

const announced = async (owner: Person): Promise<{ userId: string; fileId: string }> => {
  const key = { userId: owner.userId, fileId: randomUUID() };
  const facts = { fileName: 'a.png', mimeType: 'image/png', fileSize: 12, purpose: 'message' } as const;
  await system.commands.files.start({ ...key, ...facts });
  return key;
};
const complete = (key: { userId: string; fileId: string }) =>
  system.commands.files.complete(key, { mimeType: 'image/png', fileSize: 12, hasThumbnail: true });
const uploaded = async (owner: Person): Promise<string> => {
  const key = await announced(owner);
  await complete(key);
  return key.fileId;
};
const code = (frame: { type: string; payload: object }) => ('code' in frame.payload ? frame.payload.code : frame.type);

test('a file that was uploaded is shown by the message, to all as the same link', async () => {
  const roomId = await system.room(ann, bob);
  const [annClient, bobClient] = [await system.signIn(ann, roomId), await system.signIn(bob, roomId)];
  const fileId = await uploaded(ann);
  annClient.send('message:new', { roomId, content: '', attachments: [{ fileId }] });
  const { payload } = await annClient.next('message:saved');
  const [shown] = payload.message.attachments;
  expect(shown).toMatchObject({ id: fileId, fileName: 'a.png', fileSize: 12, mimeType: 'image/png' });
  expect(shown?.messageId).toBe(payload.message.id);
  const ref = { userId: ann.userId, fileId, scope: { kind: 'room', roomId } };
  expect(links.recognise(shown?.url ?? '')).toEqual({ ...ref, variant: 'original', extension: 'png' });
  expect(links.recognise(shown?.thumbnailUrl ?? '')).toEqual({ ...ref, variant: 'thumbnail', extension: 'webp' });
  expect(shown?.url).not.toContain('for=');
  expect((await bobClient.next('message:saved')).payload).toEqual(payload);
  annClient.close();
  bobClient.close();
});

test('who comes back gets links of their own', async () => {
  const roomId = await system.room(ann, bob);
  const annClient = await system.signIn(ann, roomId);
  const before = await system.signIn(bob);
  const joined = await before.ask('room:join', { roomId });
  const since = 'position' in joined.payload ? joined.payload.position : undefined;
  before.close();
  annClient.send('message:new', { roomId, content: 'look', attachments: [{ fileId: await uploaded(ann) }] });
  await annClient.next('message:saved');
  const again = await system.signIn(bob);
  again.send('room:join', { roomId, since });
  const { payload } = await again.next('message:saved');
  expect(payload.message.attachments[0]?.url).toContain(`for=${bob.userId}`);
  annClient.close();
  again.close();
});

test.each<[what: string, fileIds: () => Promise<string[]>]>([
  ['somebody else’s', async () => [await uploaded(bob)]],
  ['unknown ones', async () => [randomUUID()]],
  ['one of which is unknown', async () => [await uploaded(ann), randomUUID()]],
  ['one that is named twice', async () => Array(2).fill(await uploaded(ann))],
  ['eleven', () => Promise.all(Array.from({ length: 11 }, () => uploaded(ann)))],
])('files that may not be shown are refused, and no message comes: %s', async (_what, fileIds) => {
  const roomId = await system.room(ann);
  const client = await system.signIn(ann, roomId);
  const attachments = (await fileIds()).map((fileId) => ({ fileId }));
  expect(code(await client.ask('message:new', { roomId, content: 'x', attachments }))).toBe('VALIDATION_ERROR');
  await client.settled();
  expect(client.of('message:saved')).toEqual([]);
  client.close();
});

test('a file is shown by one message, which may be repeated', async () => {
  const roomId = await system.room(ann);
  const client = await system.signIn(ann, roomId);
  const message = { roomId, content: 'x', tempId: 't-1', attachments: [{ fileId: await uploaded(ann) }] };
  client.send('message:new', message);
  const first = await client.next('message:saved');
  const again = await client.ask('message:new', message);
  expect(again).toMatchObject({ type: 'message:saved', payload: { message: { id: first.payload.message.id } } });
  expect(code(await client.ask('message:new', { ...message, tempId: 't-2' }))).toBe('VALIDATION_ERROR');
  client.close();
});

test('a file that came by a signed address is looked at by an api first', async () => {
  const roomId = await system.room(ann);
  const client = await system.signIn(ann, roomId);
  const key = await announced(ann);
  const message = { roomId, content: 'x', attachments: [{ fileId: key.fileId }] };
  expect(code(await client.ask('message:new', message))).toBe('SERVICE_UNAVAILABLE'); // no api is there
  const refusal = { ok: false, code: 'FILE_TYPE_NOT_ALLOWED', message: 'no picture' } as const;
  const stopRefusing = answerSettling(system.nats, async () => refusal);
  await system.nats.flush();
  expect(await client.ask('message:new', message)).toMatchObject({
    payload: { code: 'VALIDATION_ERROR', message: 'no picture' },
  });
  stopRefusing();
  const stop = answerSettling(system.nats, async (asked) => {
    await complete(asked);
    return { ok: true };
  });
  await system.nats.flush();
  client.send('message:new', message);
  expect((await client.next('message:saved')).payload.message.attachments).toHaveLength(1);
  stop();
  client.close();
});
