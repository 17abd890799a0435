import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  chatEventSchema,
  evolveAccount,
  evolveFile,
  initialAccount,
  initialFile,
  isAccountEvent,
  isFileEvent,
  wireTypes,
} from '@kuraxx/domain';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { decodeRecord } from './codec.ts';
import { recordWith } from './event.fixture.ts';
import { evolveRoomAt, initialRoomAt } from './room-at.fixture.ts';

/** The order in which the golden events happen, all to the same account, file and room. */
const stories = [
  'account.registered account.profile-updated account.password-changed account.deleted',
  'account.registration-abandoned',
  'file.upload-started file.uploaded file.used file.deleted file.purged',
  'room.created room.member-removed room.member-added room.role-changed room.ownership-transferred room.updated ' +
    'message.sent message.edited message.deleted room.member-left room.member-joined room.deleted',
].map((story) => story.split(' '));

const newest = new Map(Object.values(wireTypes).map(({ name, version }) => [name, version]));
const versionsOf = (name: string): string[] =>
  Array.from({ length: newest.get(name) ?? 0 }, (_, index) => `${name}.v${index + 1}`);

const stored = z.object({ stored: z.unknown(), event: chatEventSchema });
const decoded = (wireType: string) => {
  const file = join(import.meta.dirname, 'golden', `${wireType}.json`);
  const golden = stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  return decodeRecord(recordWith(wireType, JSON.stringify(golden.stored)));
};

/** State after an event; maps as lists of entries, so that their order is part of it. */
const plain = (state: unknown): unknown =>
  JSON.parse(JSON.stringify(state, (_key, value: unknown) => (value instanceof Map ? [...value] : value)));

/** The state after each event of a story, each in every version that it ever had. */
const statesOf = (story: readonly string[]): (readonly [wireType: string, state: unknown])[] => {
  let [account, file, room] = [initialAccount(), initialFile(), initialRoomAt()];
  let sequence = 0;
  return story.flatMap((name) => {
    const before = { account, file, room };
    sequence++;
    return versionsOf(`kuraxx.${name}`).map((wireType) => {
      const { record: _record, ...event } = decoded(wireType);
      if (isAccountEvent(event)) {
        account = evolveAccount(before.account, event);
        return [wireType, plain(account)] as const;
      }
      if (isFileEvent(event)) {
        file = evolveFile(before.file, event);
        return [wireType, plain(file)] as const;
      }
      room = evolveRoomAt(before.room, event, sequence);
      return [wireType, plain(room)] as const;
    });
  });
};

test('the stories tell of every event', () => {
  expect(stories.flat().toSorted()).toEqual([...newest.keys()].map((name) => name.replace('kuraxx.', '')).toSorted());
});

test('every version of every event, replayed, still leads to the state that it led to', async () => {
  const states = Object.fromEntries(stories.flatMap(statesOf));
  await expect(`${JSON.stringify(states, null, 2)}\n`).toMatchFileSnapshot('./golden-states.txt');
});
