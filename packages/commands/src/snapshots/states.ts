import { type Account, type Room, role, roomType } from '@kuraxx/domain';
import { z } from 'zod';

/**
 * Stored states, and the version of the folds that make them. A changed fold (`evolveRoom`, `evolveAccount`) or a changed shape needs the
 * next number: older snapshots are then as if they weren't there. A test holds the numbers against the golden states.
 */
export const foldVersions = { room: 1, account: 1 } as const;

const membership = z.object({ membershipId: z.string(), role, joinedAt: z.string() });
const text = z.string();

/** Maps are stored as lists of entries: the order of joining is part of the state. */
const openRoom = z.object({
  status: z.literal('open'),
  roomId: text,
  name: text.nullable(),
  description: text.nullable(),
  type: roomType,
  avatarUrl: text.nullable(),
  createdById: text,
  createdAt: text,
  updatedAt: text,
  topics: z.array(text),
  hasPasscode: z.boolean(),
  members: z.array(z.tuple([text, membership])).transform((entries) => new Map(entries)),
  systemMessages: z.int(),
  lastFramedMetaSequence: z.int(),
});

export const storedRoom: z.ZodType<Room> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('absent'), lastFramedMetaSequence: z.literal(0) }),
  z.object({ status: z.literal('deleted'), roomId: text, lastFramedMetaSequence: z.int() }),
  openRoom,
]);

export const storedAccount: z.ZodType<Account> = z.discriminatedUnion('status', [
  z.object({ status: z.literal('absent') }),
  z.object({ status: z.literal('abandoned') }),
  z.object({ status: z.literal('deleted'), userId: text, username: text }),
  z.object({
    status: z.literal('registered'),
    userId: text,
    username: text,
    displayName: text,
    avatarUrl: text.nullable(),
    createdAt: text,
    updatedAt: text,
    passwordVersion: z.int(),
  }),
]);

/** A state as JSON; `storedRoom` and `storedAccount` read it back. */
export const stateText = (state: Room | Account): string =>
  JSON.stringify(state, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
