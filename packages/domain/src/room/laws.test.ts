import { type Arbitrary, array, assert, boolean, constant, constantFrom, oneof, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import type { RoomEvent } from '../events/index.ts';
import { isFramed } from '../events/index.ts';
import { at, roomId, systemMessage } from '../people.fixture.ts';
import { Refusal } from '../refusal.ts';
import { decideRoom, type RoomCommand } from './decide.ts';
import { evolveRoom, initialRoom, maxMembers, type Room } from './room.ts';

const user = constantFrom('ann', 'bob', 'cid', 'dan', 'eve');
const newRole = constantFrom<'ADMIN' | 'MEMBER'>('ADMIN', 'MEMBER');
const person = user.map((userId) => ({
  userId,
  username: userId,
  displayName: userId,
  membershipId: `ms-${userId}`,
  message: systemMessage(userId),
}));

const command: Arbitrary<RoomCommand> = oneof(
  record({ by: user, others: array(user, { maxLength: 4 }), isPrivate: boolean(), hasPasscode: boolean() }).map(
    ({ by, others, isPrivate, hasPasscode }): RoomCommand => ({
      type: 'CreateRoom',
      by,
      roomId,
      name: null,
      description: null,
      roomType: isPrivate ? 'PRIVATE' : 'PUBLIC',
      topics: [],
      hasPasscode,
      members: others.map((userId) => ({ userId, membershipId: `ms-${userId}` })),
      ownMembershipId: `ms-${by}`,
      at,
    }),
  ),
  record({
    type: constant('UpdateRoom' as const),
    by: user,
    changes: constantFrom({ name: 'new' }, { name: null, description: null }),
    at: constant(at),
  }),
  record({ type: constant('DeleteRoom' as const), by: user, at: constant(at) }),
  record({ by: user, who: person, role: newRole }).map(
    ({ by, who, role }): RoomCommand => ({
      type: 'AddMember',
      by,
      userId: who.userId,
      role,
      membershipId: who.membershipId,
      at,
    }),
  ),
  record({ who: person, passcodeFits: boolean() }).map(
    ({ who, passcodeFits }): RoomCommand => ({ type: 'JoinRoom', ...who, passcodeFits, at }),
  ),
  person.map(
    ({ userId, username, displayName, message }): RoomCommand => ({
      type: 'LeaveRoom',
      userId,
      username,
      displayName,
      message,
      at,
    }),
  ),
  record({ by: user, userId: user }).map(
    ({ by, userId }): RoomCommand => ({ type: 'RemoveMember', by, userId, username: userId, at }),
  ),
  record({ by: user, userId: user, role: newRole }).map(
    ({ by, userId, role }): RoomCommand => ({ type: 'ChangeRole', by, userId, role, at }),
  ),
  record({ by: user, userId: user }).map(
    ({ by, userId }): RoomCommand => ({ type: 'TransferOwnership', by, userId, at }),
  ),
  user.map((userId): RoomCommand => ({ type: 'EraseMember', userId, username: 'nobody', at })),
);

/** Deep enough to show a changed state: members are a Map. */
const picture = (room: Room): string =>
  JSON.stringify(room.status === 'open' ? { ...room, members: [...room.members] } : room);

const run = (commands: readonly RoomCommand[], check: (room: Room) => void): RoomEvent[] => {
  const events: RoomEvent[] = [];
  let room = initialRoom();
  for (const next of commands) {
    const before = picture(room);
    let event: RoomEvent | undefined;
    try {
      event = decideRoom(next, room);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    expect(picture(room)).toBe(before); // deciding, and refusing, changes nothing
    if (event !== undefined) {
      events.push(event);
      room = evolveRoom(room, event, events.length);
    }
    check(room);
  }
  return events;
};

const history = array(command, { maxLength: 60 });

test('an open room has exactly one owner and no more than a thousand members, always', () => {
  assert(
    property(history, (commands) => {
      run(commands, (room) => {
        if (room.status !== 'open') return;
        const owners = [...room.members.values()].filter(({ role }) => role === 'OWNER');
        expect(owners).toHaveLength(1);
        expect(room.members.size).toBeLessThanOrEqual(maxMembers);
      });
    }),
    { numRuns: 500 },
  );
});

test('the events alone give the state, however the fold is cut', () => {
  assert(
    property(history, (commands) => {
      let last = picture(initialRoom());
      const events = run(commands, (room) => {
        last = picture(room);
      });
      const folded = events.reduce((room, event, index) => evolveRoom(room, event, index + 1), initialRoom());
      expect(picture(folded)).toBe(last);
    }),
  );
});

test('the last framed event is known, also of a deleted room', () => {
  assert(
    property(history, (commands) => {
      let room = initialRoom();
      const events = run(commands, (after) => {
        room = after;
      });
      expect(room.lastFramedMetaSequence).toBe(events.findLastIndex(({ type }) => isFramed(type)) + 1);
    }),
  );
});

test('erasing a member comes to an end after two commands, and then they are in no open room', () => {
  assert(
    property(history, user, (commands, userId) => {
      let room = initialRoom();
      const erase: RoomCommand = { type: 'EraseMember', userId, username: 'nobody', at };
      run([...commands, erase, erase], (after) => {
        room = after;
      });
      expect(room.status === 'open' && room.members.has(userId)).toBe(false);
      expect(decideRoom(erase, room)).toBeUndefined();
    }),
  );
});

test('a deleted room stays deleted', () => {
  assert(
    property(history, (commands) => {
      let isDeleted = false;
      run(commands, (room) => {
        if (isDeleted) expect(room.status).toBe('deleted');
        isDeleted ||= room.status === 'deleted';
      });
    }),
  );
});
