import { eventually } from '@kuraxx/testing';
import { expect, test, vi } from 'vitest';
import { createPresenceRounds } from './presence-rounds.ts';
import { sessionOf } from './session.fixture.ts';

const person = (index: number): string => `user ${index}`;

/** Everybody shares a room with everybody else; each has one socket, which writes down what it is sent, one line a write. */
const crowd = (
  count: number,
  roomsOf = (userId: string): Promise<Iterable<string>> =>
    userId === 'unknown' ? Promise.reject(new Error('away')) : Promise.resolve(['room']),
) => {
  const written = Array.from({ length: count }, (): string[][] => []);
  const sockets = written.map((writes) => {
    let corked: string[] | undefined;
    return sessionOf({
      cork: (work) => {
        corked = [];
        work();
        writes.push(corked);
        corked = undefined;
      },
      send: (frame) => {
        if (corked === undefined) writes.push([frame.toString()]);
        else corked.push(frame.toString());
      },
    });
  });
  const everybody = Array.from({ length: count }, (_, index) => person(index));
  const error = vi.fn();
  const rounds = createPresenceRounds({
    directory: { of: (userId) => sockets.slice(everybody.indexOf(userId)).slice(0, 1) },
    userRooms: {
      roomsOf,
      others: (roomIds, userId) =>
        new Set(Array.from(roomIds).flatMap(() => everybody.filter((other) => other !== userId))),
    },
    logger: { error },
  });
  return { written, everybody, rounds, error };
};

test('many who come at once are told to each socket in few writes, none twice', async () => {
  const { written, everybody, rounds } = crowd(100);
  for (const userId of everybody) rounds.tell(userId, `${userId} is here`);
  await eventually(() => expect(written[0]?.flat()).toHaveLength(99));
  written.forEach((writes, index) => {
    const others = everybody.filter((_, other) => other !== index).map((userId) => `${userId} is here`);
    expect(writes.flat()).toEqual(others);
    expect(writes.length).toBeLessThanOrEqual(2);
  });
  rounds.close();
});

test('what happens to a person is told in its order, and only as it ended when there was much of it', async () => {
  const { written, rounds } = crowd(2);
  for (const change of ['on', 'off', 'on', 'off', 'on']) rounds.tell(person(0), change);
  await eventually(() => expect(written[1]?.flat()).toEqual(['off', 'on']));
  rounds.tell(person(0), 'off');
  await eventually(() => expect(written[1]?.flat()).toEqual(['off', 'on', 'off']));
  rounds.close();
});

test('whose rooms are not known is logged, and the others are told', async () => {
  const { written, rounds, error } = crowd(2);
  rounds.tell('unknown', 'on');
  rounds.tell(person(0), 'on');
  await eventually(() => expect(written[1]?.flat()).toEqual(['on']));
  expect(error).toHaveBeenCalledOnce();
  rounds.close();
});

test('the rooms of all who wait are asked for together, however many they are', async () => {
  const asked = Promise.withResolvers<void>();
  let count = 0;
  const { written, everybody, rounds } = crowd(200, async () => {
    count += 1;
    if (count === 200) asked.resolve();
    await asked.promise;
    return ['room'];
  });
  for (const userId of everybody) rounds.tell(userId, `${userId} is here`);
  await eventually(() => expect(written[0]?.flat()).toHaveLength(199));
  rounds.close();
});
