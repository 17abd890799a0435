import { randomUUID } from 'node:crypto';
import {
  decideRoom,
  evolveRoom,
  initialRoom,
  isRoomEvent,
  newMessage,
  Refusal,
  type Room,
  type RoomCommand,
} from '@kuraxx/domain';
import { decodeRecord } from '@kuraxx/event-store';
import { array, assert, asyncProperty, constantFrom, record } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RoomWritten, SignedIn } from '../index.ts';
import { collect, outcomes, startSystem, type TestProcess, type TestSystem } from '../system.fixture.ts';

let system: TestSystem;
let other: TestProcess;
beforeAll(async () => {
  system = await startSystem();
  other = await system.another();
});
afterAll(async () => {
  await other?.close();
  await system?.close();
});

type Step = {
  readonly what: (typeof kinds)[number];
  readonly by: number;
  readonly about: number;
  readonly process: 0 | 1;
};
const kinds = ['join', 'leave', 'remove', 'admin', 'member', 'transfer', 'add', 'delete'] as const;

/** What was asked for and answered, and between which instants. */
type Done = { readonly command: RoomCommand; readonly begun: number; readonly ended: number; readonly outcome: string };

/** The command as the deciders see it; what depends on the caller alone is the same for each try. */
const commandOf = ({ what }: Step, by: string, userId: string): RoomCommand => {
  const at = '2031-02-03T04:05:06.789Z';
  const sender = { id: by, username: '', displayName: '', avatarUrl: null, isOnline: true, lastSeenAt: null };
  const message = newMessage({ messageId: '', roomId: '', content: '', type: 'SYSTEM', sender, replyTo: null, at });
  const person = { userId: by, username: '', displayName: '', message, at };
  switch (what) {
    case 'join':
      return { type: 'JoinRoom', ...person, membershipId: '', passcodeFits: true };
    case 'leave':
      return { type: 'LeaveRoom', ...person };
    case 'remove':
      return { type: 'RemoveMember', by, userId, username: '', at };
    case 'admin':
      return { type: 'ChangeRole', by, userId, role: 'ADMIN', at };
    case 'member':
      return { type: 'ChangeRole', by, userId, role: 'MEMBER', at };
    case 'transfer':
      return { type: 'TransferOwnership', by, userId, at };
    case 'add':
      return { type: 'AddMember', by, userId, role: 'MEMBER', membershipId: '', at };
    case 'delete':
      return { type: 'DeleteRoom', by, at };
  }
};

const ask = ({ what, process }: Step, roomId: string, by: string, userId: string): Promise<RoomWritten> => {
  const { rooms } = (process === 0 ? system : other).commands;
  switch (what) {
    case 'join':
      return rooms.join(by, roomId);
    case 'leave':
      return rooms.leave(by, roomId);
    case 'remove':
      return rooms.removeMember(by, roomId, userId);
    case 'admin':
    case 'member':
      return rooms.changeRole(by, roomId, userId, what === 'admin' ? 'ADMIN' : 'MEMBER');
    case 'transfer':
      return rooms.transfer(by, roomId, userId);
    case 'add':
      return rooms.addMember(by, roomId, userId, 'MEMBER');
    case 'delete':
      return rooms.remove(by, roomId);
  }
};

/** What a decider says: the event's type, `nothing`, or the code of its refusal. */
const verdict = (command: RoomCommand, room: Room): string => {
  try {
    return decideRoom(command, room)?.type ?? 'nothing';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};

/** The room after each of its events. */
const statesOf = async (roomId: string): Promise<{ readonly states: Room[]; readonly sequences: number[] }> => {
  const states: Room[] = [initialRoom()];
  const sequences: number[] = [];
  for (const stored of await collect(system.log.readSubject({ kind: 'room', roomId, aspect: 'meta' }))) {
    const event = decodeRecord(stored);
    if (event === undefined || !isRoomEvent(event)) throw new Error('an event of another kind');
    states.push(evolveRoom(states.at(-1) ?? initialRoom(), event, stored.position.sequence));
    sequences.push(stored.position.sequence);
  }
  return { states, sequences };
};

const step = record<Step>({
  what: constantFrom(...kinds.slice(0, -1), ...kinds.slice(0, -1), ...kinds),
  by: constantFrom(0, 1, 2, 3),
  about: constantFrom(0, 1, 2, 3),
  process: constantFrom<0 | 1>(0, 1),
});

test('whatever is done at once through two processes equals a serial order, and each answer says what happened in it', async () => {
  const people: SignedIn[] = [];
  for (let index = 0; index < 4; index++) people.push(await system.register());
  const idOf = (index: number): string => people[index]?.account.userId ?? '';
  await assert(
    asyncProperty(array(step, { minLength: 20, maxLength: 40 }), async (steps) => {
      const [owner, ...members] = people;
      if (owner === undefined) throw new Error('nobody');
      const roomId = await system.room(owner, { members: members.slice(0, 2) });
      let clock = 0;
      const done = await Promise.all(
        steps.map(async (one): Promise<Done & { readonly sequence: number | undefined }> => {
          const [by, about] = [idOf(one.by), idOf(one.about)];
          const command = commandOf(one, by, about);
          const begun = ++clock;
          const result = await ask(one, roomId, by, about).then(
            ({ position }) => ({
              outcome: position === undefined ? 'nothing' : 'written',
              sequence: position?.sequence,
            }),
            (error: unknown) => {
              if (!(error instanceof Refusal)) throw error;
              return { outcome: error.code, sequence: undefined };
            },
          );
          return { command, begun, ended: ++clock, ...result };
        }),
      );
      const { states, sequences } = await statesOf(roomId);
      const written = done.filter(({ sequence }) => sequence !== undefined);
      // each event is somebody's answer, and no two have the same one
      expect(written.map(({ sequence }) => sequence).toSorted()).toEqual(sequences.slice(1).toSorted());
      /** By the order of events: who wrote it. */
      const writers = sequences.slice(1).map((at) => written.find(({ sequence }) => sequence === at));
      for (const { command, begun, ended, outcome, sequence } of done) {
        if (outcome === 'CONFLICT') continue; // nothing was done, and the caller knows
        if (sequence !== undefined) {
          const before = states[sequences.indexOf(sequence)];
          expect(verdict(command, before ?? initialRoom())).toMatch(/^[A-Z][a-z]/);
          continue;
        }
        // what was answered before it began has happened; what began after its answer has not
        const first = writers.findLastIndex((writer) => writer !== undefined && writer.ended < begun) + 1;
        const last = writers.findLastIndex((writer) => writer !== undefined && writer.begun < ended) + 1;
        const possible = states.slice(1 + first, 2 + last).map((room) => verdict(command, room));
        expect(possible).toContain(outcome);
      }
    }),
    { numRuns: 12 },
  );
});

test('50 joins at once are one event with its SYSTEM message, and so are 50 of anything else', async () => {
  const [owner, guest, heir] = await Promise.all([system.register(), system.register(), system.register()]);
  const roomId = await system.room(owner, { members: [heir] });
  const [ownerId, guestId, heirId] = [owner, guest, heir].map(({ account }) => account.userId);
  if (ownerId === undefined || guestId === undefined || heirId === undefined) throw new Error('nobody');
  const fifty = (work: (rooms: TestProcess['commands']['rooms']) => Promise<unknown>) =>
    outcomes(Array.from({ length: 50 }, (_, index) => work((index % 2 === 0 ? system : other).commands.rooms)));
  const only = (results: readonly string[]) => [results.filter((one) => one === 'done').length, new Set(results)];
  const eventTypes = async () =>
    (await collect(system.log.readSubject({ kind: 'room', roomId, aspect: 'meta' }))).map(({ type }) => type);

  expect(only(await fifty((rooms) => rooms.join(guestId, roomId)))).toEqual([1, new Set(['done', 'RESOURCE_EXISTS'])]);
  expect(only(await fifty((rooms) => rooms.leave(guestId, roomId)))).toEqual([
    1,
    new Set(['done', 'ROOM_ACCESS_DENIED']),
  ]);
  await system.commands.rooms.join(guestId, roomId);
  expect(only(await fifty((rooms) => rooms.removeMember(ownerId, roomId, guestId)))).toEqual([
    1,
    new Set(['done', 'ROOM_NOT_FOUND']),
  ]);
  expect(only(await fifty((rooms) => rooms.changeRole(ownerId, roomId, heirId, 'ADMIN')))[1]).toEqual(
    new Set(['done']),
  );
  expect(only(await fifty((rooms) => rooms.transfer(ownerId, roomId, heirId)))).toEqual([
    1,
    new Set(['done', 'ROOM_ACCESS_DENIED']),
  ]);
  expect(await eventTypes()).toEqual([
    'RoomCreated',
    'MemberJoined',
    'MemberLeft',
    'MemberJoined',
    'MemberRemoved',
    'RoleChanged',
    'OwnershipTransferred',
  ]);
});

test('of edits and deletions at once the log has no edit after the deletion, and every answer is true', async () => {
  const owner = await system.register();
  const by = owner.account.userId;
  const roomId = await system.room(owner);
  const sent = await system.commands.messages.send({ senderId: by, roomId, content: 'first', type: 'TEXT' });
  const { id } = sent.message;
  const attempts = Array.from({ length: 24 }, (_, index) => {
    const { messages } = (index % 2 === 0 ? system : other).commands;
    return index % 6 === 5 ? messages.remove(by, id) : messages.edit(by, id, `edit ${index} ${randomUUID()}`);
  });
  const settled = await Promise.allSettled(attempts);
  const events = (await collect(system.log.readSubject({ kind: 'room', roomId, aspect: 'edit' }))).map((stored) =>
    decodeRecord(stored),
  );
  const types = events.map((event) => event?.type);
  expect(types.filter((type) => type === 'MessageDeleted')).toEqual(['MessageDeleted']);
  expect(types.at(-1)).toBe('MessageDeleted');
  for (const [index, one] of settled.entries()) {
    if (index % 6 === 5) {
      expect(one.status).toBe('fulfilled');
    } else if (one.status === 'fulfilled') {
      const { message, position } = one.value;
      const stored = events.find((event) => event?.record.position.sequence === position?.sequence);
      expect(stored).toMatchObject({ type: 'MessageEdited', data: { message: { content: message.content } } });
    } else expect(one.reason).toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
  }
  const written = settled.filter((one) => one.status === 'fulfilled' && one.value.position !== undefined);
  expect(written).toHaveLength(events.length);
});
