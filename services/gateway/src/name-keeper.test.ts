import { nameless, noticeText } from '@kuraxx/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createNameKeeper } from './name-keeper.ts';
import { type PlacedFrame, placedFrame } from './placed-frame.ts';
import { messageSent } from './room.fixture.ts';

const roomId = '0d9a2b8e-6f54-4e0e-9d39-0f5f6f3f9f11';
const place = { position: 'e.0.1', prev: null, roomId };

/** What the fixture's Ann has said, by way of any frame. */
const frameOf = (payload: object, about: string | undefined): PlacedFrame =>
  placedFrame(1, 'message:saved', Buffer.from(JSON.stringify(payload)), place, about);
const said = messageSent(roomId, 'ahoy').data;
const joined = {
  message: { ...('message' in said ? said.message : {}), type: 'SYSTEM', content: noticeText('Ann', 'joined') },
};
const removed = { roomId, userId: 'ann', username: 'ann' };
const frames = [
  frameOf(said, 'ann'),
  frameOf(joined, 'ann'),
  frameOf(removed, 'ann'),
  frameOf({ messageId: 'm' }, undefined),
];

/** Accounts are known here once they were asked for. */
const accounts = (deleted: readonly string[]) => {
  const known = new Map<string, boolean>();
  return {
    known,
    peekDeleted: (userId: string) => known.get(userId),
    isDeleted: async (userId: string) => {
      known.set(userId, deleted.includes(userId));
      return deleted.includes(userId);
    },
  };
};
const anyFrame = z.object({ type: z.string(), payload: z.record(z.string(), z.unknown()), position: z.string() });

test('what is about people who are not known here has to be learnt first', async () => {
  const names = createNameKeeper(accounts([]));
  expect(names.shown(frames)).toBeUndefined();
  await names.learn(frames);
  expect(names.shown(frames)).toBe(frames);
});

test('a deleted account has no name in any frame, and all else is as it was', async () => {
  const names = createNameKeeper(accounts(['ann']));
  await names.learn(frames);
  const shown = names.shown(frames) ?? [];
  const texts = shown.map(({ bytes }) => bytes.toString());
  expect(texts.join()).not.toMatch(/name":"(ann|Ann)/i);
  const [first, second, third] = texts.map((text) => anyFrame.parse(JSON.parse(text)));
  expect(first).toMatchObject({
    type: 'message:saved',
    position: 'e.0.1',
    payload: { message: { content: 'ahoy', sender: nameless } },
  });
  expect(second).toMatchObject({ payload: { message: { content: noticeText(nameless.displayName, 'joined') } } });
  expect(third).toMatchObject({ payload: { userId: 'ann', username: nameless.username } });
  expect(shown[3]).toBe(frames[3]);
  expect(names.shown(frames)?.[0]).toBe(shown[0]); // made once for all readers
});

test('others keep their names, also beside somebody who has none', async () => {
  const both = [frameOf(said, 'ann'), frameOf(said, 'bob')];
  const names = createNameKeeper(accounts(['ann']));
  await names.learn(both);
  expect(names.shown(both)?.[1]).toBe(both[1]);
});
