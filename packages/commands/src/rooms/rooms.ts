import { randomUUID } from 'node:crypto';
import {
  type ChatEvent,
  decideRoom,
  initialRoom,
  nameless,
  newMessage,
  noticeText,
  Refusal,
  type RegisteredAccount,
  type Room,
  type RoomChanges,
  type RoomCommand,
  type RoomType,
} from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';
import type { Logger } from 'pino';
import type { Hashing } from '../accounts/hashing.ts';
import type { Aggregates, Written } from '../aggregates.ts';
import type { Stores } from '../kv/buckets.ts';
import { senderOf } from '../messages/sender.ts';

export type RoomInput = {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly type: RoomType;
  readonly memberIds?: readonly string[] | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly passcode?: string | undefined;
};

/** The room after a command; without a position when it was already so. */
export type RoomWritten = { readonly room: Room; readonly position?: Position };

type Needs = {
  readonly aggregates: Aggregates<Room>;
  readonly findAccount: (userId: string) => Promise<RegisteredAccount | undefined>;
  readonly passcodes: Stores['passcodes'];
  readonly hashing: Hashing;
  readonly logger: Logger;
};

/** So many accounts are looked up side by side. */
const lookupsAtOnce = 50;

const now = (): string => new Date().toISOString();

/** Commands about rooms. They work without Postgres. All throw {Refusal} by the rules and {Unavailable} without NATS. */
export const createRooms = ({ aggregates, findAccount, passcodes, hashing, logger }: Needs) => {
  const written = async (roomId: string, result: Written<Room>): Promise<RoomWritten> => {
    if (result.event?.type === 'RoomDeleted') {
      // a hash that stays behind is of no use to anybody: it must not turn a deletion that has happened into an error
      await passcodes
        .remove(roomId)
        .catch((error: unknown) => logger.warn({ err: error, roomId }, 'the passcode of a deleted room was left'));
    }
    return { room: result.state, ...(result.position === undefined ? {} : { position: result.position }) };
  };
  const run = async (roomId: string, decide: (room: Room) => ChatEvent | undefined): Promise<RoomWritten> =>
    written(roomId, await aggregates.execute(roomId, decide));
  const command = (roomId: string, what: RoomCommand): Promise<RoomWritten> =>
    run(roomId, (room) => decideRoom(what, room));

  const requireAccount = async (userId: string): Promise<RegisteredAccount> => {
    const account = await findAccount(userId);
    if (account === undefined) throw new Refusal('AUTH_UNAUTHORIZED');
    return account;
  };

  const requireUsers = async (userIds: readonly string[]): Promise<void> => {
    for (let start = 0; start < userIds.length; start += lookupsAtOnce) {
      const found = await Promise.all(userIds.slice(start, start + lookupsAtOnce).map(findAccount));
      if (found.includes(undefined)) throw new Refusal('VALIDATION_ERROR', 'memberIds: not all of them are users');
    }
  };

  /** What a join or a leave says, and the SYSTEM message that says it. */
  const notice = (account: RegisteredAccount, roomId: string, what: 'joined' | 'left') => {
    const { userId, username, displayName } = account;
    const at = now();
    const message = newMessage({
      messageId: randomUUID(),
      roomId,
      content: noticeText(displayName || username, what),
      type: 'SYSTEM',
      sender: senderOf(account),
      replyTo: null,
      at,
    });
    return { userId, username, displayName, message, at };
  };

  const passcodeFits = async (room: Room, roomId: string, passcode: string | undefined): Promise<boolean> => {
    if (room.status !== 'open' || room.type !== 'PRIVATE') return true;
    if (passcode === undefined) return false;
    return hashing.matches(passcode, (await passcodes.get(roomId))?.value.hash);
  };

  return {
    /** The room as of now, wherever it was written last; unknown ones are `absent`. One request to NATS. */
    load: async (roomId: string): Promise<Room> => (await aggregates.loadFresh(roomId)).state,
    /** The room when it is in memory. */
    peek: (roomId: string): Room | undefined => aggregates.peek(roomId)?.state,

    /** Opens a room. @throws {Refusal} VALIDATION_ERROR for members that are no users, or private without a passcode */
    create: async (by: string, input: RoomInput): Promise<RoomWritten> => {
      const roomId = randomUUID();
      const { memberIds = [], passcode } = input;
      await requireUsers([...new Set(memberIds)]);
      const create: RoomCommand = {
        type: 'CreateRoom',
        by,
        roomId,
        name: input.name ?? null,
        description: input.description ?? null,
        roomType: input.type,
        topics: input.topics ?? [],
        hasPasscode: passcode !== undefined,
        members: memberIds.map((userId) => ({ userId, membershipId: randomUUID() })),
        ownMembershipId: randomUUID(),
        at: now(),
      };
      decideRoom(create, initialRoom()); // refused before a passcode is stored
      if (passcode !== undefined) await passcodes.put(roomId, { hash: await hashing.hash(passcode) });
      return command(roomId, create);
    },

    /** Owner and admins. */
    update: (by: string, roomId: string, changes: RoomChanges) =>
      command(roomId, { type: 'UpdateRoom', by, changes, at: now() }),

    /** The owner. */
    remove: (by: string, roomId: string) => command(roomId, { type: 'DeleteRoom', by, at: now() }),

    /** The owner adds anybody, admins add members. @throws {Refusal} AUTH_USER_NOT_FOUND, RESOURCE_EXISTS: in it already, or full */
    addMember: async (by: string, roomId: string, userId: string, role: 'ADMIN' | 'MEMBER') => {
      const account = await findAccount(userId);
      const add: RoomCommand = { type: 'AddMember', by, userId, role, membershipId: randomUUID(), at: now() };
      return run(roomId, (room) => {
        const event = decideRoom(add, room); // who may not add learns nothing about who exists
        if (account === undefined) throw new Refusal('AUTH_USER_NOT_FOUND');
        return event;
      });
    },

    /** The owner, for others. */
    changeRole: (by: string, roomId: string, userId: string, role: 'ADMIN' | 'MEMBER') =>
      command(roomId, { type: 'ChangeRole', by, userId, role, at: now() }),

    /** The owner removes anybody, admins remove members, everybody themself; the owner alone in the room deletes it so. */
    removeMember: async (by: string, roomId: string, userId: string) => {
      const username = (await findAccount(userId))?.username ?? '';
      return command(roomId, { type: 'RemoveMember', by, userId, username, at: now() });
    },

    /** @throws {Refusal} RESOURCE_EXISTS; ROOM_ACCESS_DENIED: private, and the passcode is missing or wrong */
    join: async (userId: string, roomId: string, passcode?: string) => {
      const account = await requireAccount(userId);
      const { state } = await aggregates.loadFresh(roomId);
      const isMember = state.status === 'open' && state.members.has(userId);
      const fits = isMember || (await passcodeFits(state, roomId, passcode));
      const join: RoomCommand = {
        type: 'JoinRoom',
        ...notice(account, roomId, 'joined'),
        membershipId: randomUUID(),
        passcodeFits: fits,
      };
      return command(roomId, join);
    },

    /** The owner can't while others are in it; alone, they delete the room so. */
    leave: async (userId: string, roomId: string) => {
      const account = await requireAccount(userId);
      return command(roomId, { type: 'LeaveRoom', ...notice(account, roomId, 'left') });
    },

    /** Takes somebody whose account was deleted out of the room; what they own goes to the longest-serving admin or member. */
    erase: async (roomId: string, userId: string): Promise<void> => {
      const { username } = nameless;
      for (;;) {
        const { position } = await command(roomId, { type: 'EraseMember', userId, username, at: now() });
        if (position === undefined) return;
      }
    },

    /** The owner hands the room to another member and becomes an admin. */
    transfer: (by: string, roomId: string, userId: string) =>
      command(roomId, { type: 'TransferOwnership', by, userId, at: now() }),
  };
};
