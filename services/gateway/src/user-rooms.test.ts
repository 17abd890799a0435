import { memoryEventLog } from '@kuraxx/event-store';
import { eventually } from '@kuraxx/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createUserRooms, type UserRooms } from './user-rooms.ts';

const logger = pino({ level: 'silent' });
const at = '2031-02-03T04:05:06.789Z';
const meta = (roomId: string) => ({ kind: 'room', roomId, aspect: 'meta' }) as const;
const added = (roomId: string, userId: string) =>
  ({ type: 'MemberAdded', data: { roomId, membershipId: 'm', userId, role: 'MEMBER', by: 'owner', at } }) as const;

const withUserRooms = async (
  needs: { roomsOf: (ids: string[]) => Promise<Map<string, string[]>>; followed?: string[] },
  run: (userRooms: UserRooms, log: ReturnType<typeof memoryEventLog>) => Promise<void>,
): Promise<void> => {
  const log = memoryEventLog({ roomPartitions: 1 });
  const followedRoomsOf = () => needs.followed ?? [];
  const userRooms = await createUserRooms({ log, roomsOf: needs.roomsOf, followedRoomsOf, logger });
  try {
    await run(userRooms, log);
  } finally {
    userRooms.close();
  }
};

/** Users here who share a room with somebody. */
const sharing = async (userRooms: UserRooms, userId: string): Promise<ReadonlySet<string>> =>
  userRooms.others(await userRooms.roomsOf(userId), userId);

const away = () => Promise.reject(new Error('Postgres is away'));

test('those who share a room, by the read model', () =>
  withUserRooms(
    { roomsOf: async (ids) => new Map(ids.map((id) => [id, id === 'eve' ? ['other'] : ['room']])) },
    async (userRooms) => {
      for (const userId of ['ann', 'bob', 'eve']) userRooms.add(userId);
      expect([...(await sharing(userRooms, 'ann'))]).toEqual(['bob']);
      expect([...(await sharing(userRooms, 'somebody elsewhere'))].toSorted()).toEqual(['ann', 'bob']);
      userRooms.remove('bob');
      expect([...(await sharing(userRooms, 'ann'))]).toEqual([]);
    },
  ));

test('kept true by what happens', () =>
  withUserRooms({ roomsOf: async () => new Map() }, async (userRooms, log) => {
    for (const userId of ['ann', 'bob']) userRooms.add(userId);
    expect([...(await sharing(userRooms, 'ann'))]).toEqual([]);
    for (const userId of ['ann', 'bob']) await log.append(meta('room'), added('room', userId));
    await eventually(async () => expect([...(await sharing(userRooms, 'ann'))]).toEqual(['bob']));
    await log.append(meta('room'), { type: 'RoomDeleted', data: { roomId: 'room', by: 'ann', at } });
    await eventually(async () => expect([...(await sharing(userRooms, 'ann'))]).toEqual([]));
  }));

test('what happens while the read model is being asked is not undone by its older answer', async () => {
  const { promise, resolve } = Promise.withResolvers<Map<string, string[]>>();
  await withUserRooms({ roomsOf: () => promise }, async (userRooms) => {
    for (const userId of ['ann', 'bob']) userRooms.add(userId);
    for (const userId of ['ann', 'bob']) userRooms.joined(userId, 'room');
    resolve(new Map());
    expect([...(await sharing(userRooms, 'ann'))]).toEqual(['bob']);
  });
});

test('with the read model away it works with what it has seen itself', () =>
  withUserRooms({ roomsOf: away, followed: ['room'] }, async (userRooms) => {
    userRooms.add('bob');
    userRooms.joined('bob', 'room');
    expect([...(await sharing(userRooms, 'somebody elsewhere'))]).toEqual(['bob']);
  }));
