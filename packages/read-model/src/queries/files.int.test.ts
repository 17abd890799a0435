import type { ChatEvent, FileUse } from '@kuraxx/domain';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  at,
  created,
  deleted,
  epoch,
  fileDeleted,
  filePurged,
  fileUsed,
  registered,
  sent,
  snapshot,
  story,
  uploaded,
  uploadStarted,
} from '../events.fixture.ts';
import { applyBatch } from '../projection/apply.ts';
import { openTestDatabase, type TestDatabase } from '../rows.fixture.ts';
import { tables } from '../schema.ts';
import { filesToSweep, findSweepable } from './files.ts';

let opened: TestDatabase;
const before = at(1000);
const [early, late] = [10, 2000];
const inMessage = (messageId: string, roomId = 'r1'): FileUse => ({ kind: 'message', roomId, messageId });

/** A file with a name that says what is to be said of it, last changed at some time. */
const file = (id: string, use: FileUse | undefined, ms: number): ChatEvent[] => [
  uploadStarted(id, 'ann', 1),
  uploaded(id, 'ann', use === undefined ? ms : 2),
  ...(use === undefined ? [] : [fileUsed(id, 'ann', use, ms)]),
];
const picture = (fileId: string): string => `kuraxx-file:ann/${fileId}/original.png#picture`;

beforeAll(async () => {
  opened = await openTestDatabase();
  const [kept, gone] = [snapshot('kept', 'r1', 'ann'), snapshot('gone', 'r1', 'ann')];
  const accounts = [
    registered('ann'),
    uploadStarted('a-unused-never-came', 'ann', early),
    uploadStarted('b-may-still-come', 'ann', late),
    ...file('c-unused', undefined, early),
    ...file('d-may-be-used', undefined, late),
    ...file('e-shown', inMessage('kept'), early),
    ...file('f-over-message', inMessage('gone'), late),
    ...file('g-over-room', inMessage('m', 'r2'), late),
    ...file('h-lost', inMessage('nowhere'), early),
    ...file('i-message-may-come', inMessage('nowhere'), late),
    ...file('j-shown-picture', { kind: 'user' }, early),
    ...file('k-replaced', { kind: 'user' }, early),
    ...file('l-shown-room', { kind: 'room', roomId: 'r1' }, early),
    ...file('m-replaced-room', { kind: 'room', roomId: 'r1' }, early),
    ...file('n-over-picture', { kind: 'room', roomId: 'r2' }, late),
    ...file('o-deleted', undefined, 1),
    fileDeleted('o-deleted', 'ann', late),
    ...file('p-purged', undefined, 1),
    fileDeleted('p-purged', 'ann', 2),
    filePurged('p-purged', 'ann', 3),
    ...file('q-room-stands-still', inMessage('nowhere', 'r3'), early),
    {
      type: 'ProfileUpdated',
      data: { userId: 'ann', displayName: 'Ann', avatarUrl: picture('j-shown-picture'), at: at(20) },
    } satisfies ChatEvent,
  ];
  const rooms: ChatEvent[] = [
    created('r1', 'ann'),
    created('r2', 'ann'),
    created('r3', 'ann'),
    sent(kept),
    sent(gone),
    deleted(gone, 30),
    {
      type: 'RoomUpdated',
      data: { roomId: 'r1', name: null, description: null, avatarUrl: picture('l-shown-room'), by: 'ann', at: at(40) },
    },
    { type: 'RoomDeleted', data: { roomId: 'r2', by: 'ann', at: at(50) } },
  ];
  await applyBatch(opened.database, 'accounts', epoch, story(accounts, 'accounts'), accounts.length);
  await applyBatch(opened.database, 0, epoch, story(rooms), rooms.length);
  await opened.database.run('park a room', (db) =>
    sql`insert into ${tables.parked} (partition, aggregate, from_sequence, skipped, cause, reason, wire_type, event_id, at)
      values ('0', 'room:r3', 1, 0, 'handler', '', '', '', now())`.execute(db),
  );
});
afterAll(() => opened.close());

const expected = [
  ['a-unused-never-came', 'unused'],
  ['c-unused', 'unused'],
  ['f-over-message', 'over'],
  ['g-over-room', 'over'],
  ['h-lost', 'lost'],
  ['k-replaced', 'replaced'],
  ['m-replaced-room', 'replaced'],
  ['n-over-picture', 'over'],
  ['o-deleted', 'deleted'],
];

test.each([1, 3, 100])('what nothing shows is found, in pages of %d', async (limit) => {
  const found: string[][] = [];
  let after: string | undefined = '';
  for (let pages = 0; after !== undefined && pages < 100; pages++) {
    const page: Awaited<ReturnType<typeof filesToSweep>> = await filesToSweep(opened.database, {
      after,
      limit,
      before,
    });
    found.push(...page.files.map(({ fileId, reason }) => [fileId, reason]));
    after = page.last;
  }
  expect(found).toEqual(expected);
});

test('one file is judged as all are', async () => {
  expect(await findSweepable(opened.database, 'h-lost', before)).toMatchObject({
    userId: 'ann',
    reason: 'lost',
    useKind: 'message',
    roomId: 'r1',
    messageId: 'nowhere',
  });
  for (const shown of ['e-shown', 'i-message-may-come', 'p-purged', 'q-room-stands-still']) {
    expect(await findSweepable(opened.database, shown, before)).toBeUndefined();
  }
});
