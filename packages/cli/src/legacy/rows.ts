import { z } from 'zod';

// Rows as the queries of `source.ts` give them: whatever the tables hold. What is fit to become an event is decided in `events-of.ts`.

const text = z.string();
const optional = z.string().nullable();
/** Empty where the row names none. */
const room = z
  .string()
  .nullable()
  .transform((id) => id ?? '');

export const legacyUser = z.object({
  id: text,
  email: optional,
  username: optional,
  passwordHash: optional,
  displayName: optional,
  avatarUrl: optional,
  createdAt: optional,
  updatedAt: optional,
  /** How many users have this e-mail, and this username, in any case. */
  sameEmail: z.number(),
  sameUsername: z.number(),
});
export type LegacyUser = z.infer<typeof legacyUser>;

export const legacyMember = z.object({
  id: optional,
  userId: optional,
  role: optional,
  joinedAt: optional,
  /** Whether there is such a user. */
  isUser: z.boolean(),
});
export type LegacyMember = z.infer<typeof legacyMember>;

export const legacyRoom = z.object({
  id: text,
  name: optional,
  description: optional,
  type: optional,
  avatarUrl: optional,
  passcode: optional,
  createdById: optional,
  topics: z.array(z.string()).nullable(),
  createdAt: optional,
  updatedAt: optional,
  /** In the order of joining. */
  members: z.array(legacyMember),
});
export type LegacyRoom = z.infer<typeof legacyRoom>;

const plain = {
  content: optional,
  type: optional,
  status: optional,
  senderId: optional,
  replyToId: optional,
  editedAt: optional,
  deletedAt: optional,
  createdAt: optional,
  updatedAt: optional,
};

/** Something that happened to a message: it was sent, edited or deleted; with the message as it is now. */
export const legacyMoment = z.object({
  kind: z.enum(['message', 'edit', 'deletion']),
  /** When, never before what came before it. */
  at: optional,
  id: text,
  roomId: room,
  ...plain,
  sender: z.object({ username: optional, displayName: optional, avatarUrl: optional }).nullable(),
  /** The replied message, whatever room it is in. */
  replyTo: z.object({ id: text, roomId: room, ...plain }).nullable(),
});
export type LegacyMoment = z.infer<typeof legacyMoment>;

export const strayMember = z.object({ id: text, roomId: room });
