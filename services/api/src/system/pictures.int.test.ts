import { apiContract } from '@kuraxx/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactly } from './client.fixture.ts';
import { uploadFile, uploadImage } from './files.fixture.ts';
import { type System, startSystem } from './system.fixture.ts';

const { users, rooms, auth } = apiContract;
type Person = Awaited<ReturnType<System['register']>>;
let system: System;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  system = await startSystem();
  [ann, bob] = [await system.register('ann'), await system.register('bob')];
});
afterAll(() => system?.close());

const status = async (url: string | null | undefined): Promise<number> => (await fetch(url ?? 'no url')).status;
const patchMe = async (by: Person, avatarUrl: string | null) =>
  exactly(
    users.updateMe.responses[200],
    await system.send('PATCH', '/users/me', { token: by.token, body: { avatarUrl } }),
  ).data.user;
const seenBy = async (by: Person, userId: string): Promise<string | null> =>
  exactly(users.get.responses[200], await system.send('GET', `/users/${userId}`, { token: by.token })).data.user
    .avatarUrl;

test('an own upload becomes the picture that every signed-in user sees, wherever the user is shown', async () => {
  const picture = await uploadImage(system.url, ann.token);
  expect(picture.url).toContain(`for=${ann.id}`);
  const me = await patchMe(ann, picture.url);
  const toBob = await seenBy(bob, ann.id);
  expect(toBob).toBe(me.avatarUrl);
  expect(toBob).not.toContain('for=');
  expect(await status(toBob)).toBe(200);
  const own = exactly(auth.me.responses[200], await system.send('GET', '/auth/me', { token: ann.token }));
  expect(own.data.user.avatarUrl).toBe(me.avatarUrl);
  const room = await system.createRoom(ann.token, { memberIds: [bob.id] });
  expect(room.members.find(({ userId }) => userId === ann.id)?.user.avatarUrl).toBe(me.avatarUrl);
  const message = await system.say(ann.token, room.id, 'look');
  expect(message.sender.avatarUrl).toBe(me.avatarUrl);
});

test('a link that is sent back as it was shown changes nothing', async () => {
  const before = await patchMe(ann, (await uploadImage(system.url, ann.token)).thumbnailUrl);
  const after = await patchMe(ann, before.avatarUrl ?? '');
  expect(after).toMatchObject({ avatarUrl: before.avatarUrl, updatedAt: before.updatedAt });
  expect(await status(after.avatarUrl)).toBe(200);
});

test('any other address is kept as it is', async () => {
  const url = 'https://example.org/a.png';
  expect((await patchMe(ann, url)).avatarUrl).toBe(url);
  expect(await seenBy(bob, ann.id)).toBe(url);
  expect((await patchMe(ann, null)).avatarUrl).toBeNull();
  expect(await seenBy(bob, ann.id)).toBeNull();
});

test.each<[what: string, url: () => Promise<string>]>([
  ['somebody else’s upload', async () => (await uploadImage(system.url, bob.token)).url],
  ['what is no picture', async () => (await uploadFile(system.url, ann.token)).url],
  [
    'a link that was tampered with',
    async () => (await uploadImage(system.url, ann.token)).url.replace(/sig=./, 'sig=_'),
  ],
  [
    'a deleted picture',
    async () => {
      const { id, url } = await uploadImage(system.url, ann.token);
      await system.send('DELETE', `/upload/${id}`, { token: ann.token });
      return url;
    },
  ],
])('%s is no picture of oneself', async (_what, url) => {
  const body = { avatarUrl: await url() };
  await system.refused(400, 'VALIDATION_ERROR', 'PATCH', '/users/me', { token: ann.token, body });
});

test('a room has a picture, set by those who may change the room', async () => {
  const { id: roomId } = await system.createRoom(ann.token, { memberIds: [bob.id] });
  const [own, other] = [await uploadImage(system.url, ann.token), await uploadImage(system.url, bob.token)];
  const patch = (by: Person, avatarUrl: string | null) =>
    system.send('PATCH', `/rooms/${roomId}`, { token: by.token, body: { avatarUrl } });
  const changed = exactly(rooms.update.responses[200], await patch(ann, own.url)).data.room;
  expect(await status(changed.avatarUrl)).toBe(200);
  const seen = exactly(rooms.get.responses[200], await system.send('GET', `/rooms/${roomId}`, { token: bob.token }));
  expect(seen.data.room.avatarUrl).toBe(changed.avatarUrl);
  expect((await patch(bob, other.url)).status).toBe(403);
  expect((await patch(ann, changed.avatarUrl ?? '')).status).toBe(200);
  const { id: secondId } = await system.createRoom(ann.token);
  const again = await system.send('PATCH', `/rooms/${secondId}`, { token: ann.token, body: { avatarUrl: own.url } });
  expect(again.status).toBe(400); // it is that other room's
  expect(exactly(rooms.update.responses[200], await patch(ann, null)).data.room.avatarUrl).toBeNull();
});

test('a picture is a link for pictures alone: a file of a message is not', async () => {
  const { id: roomId } = await system.createRoom(ann.token);
  const file = await uploadImage(system.url, ann.token);
  await system.say(ann.token, roomId, 'look', { attachments: [{ fileId: file.id }] });
  const body = { avatarUrl: file.url };
  await system.refused(400, 'VALIDATION_ERROR', 'PATCH', '/users/me', { token: ann.token, body });
});
