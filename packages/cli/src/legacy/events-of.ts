import {
  apiContract,
  id,
  maxMessageLength,
  maxRoomMembers,
  messageStatus,
  messageType,
  role,
  roomType,
  message as wireMessage,
} from '@kuraxx/contracts';
import { type MessageSnapshot, unknownUserId } from '@kuraxx/domain';
import type { PastEvent, Subject } from '@kuraxx/event-store';
import { z } from 'zod';
import type { LegacyMember, LegacyMoment, LegacyRoom, LegacyUser } from './rows.ts';

/** A row can't become what this system keeps. Its message says why. */
export class UnfitRow extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnfitRow';
  }
}

export const ranks = { member: 0, 'room-update': 1, message: 2, edit: 3, deletion: 4 } as const;
export type Ranked = keyof typeof ranks;

/** What an imported event can be of, in the order of reports. */
export const kinds = ['user', 'profile', 'room', 'room-update', 'member', 'message', 'edit', 'deletion'] as const;
export type Kind = (typeof kinds)[number];

/** Something that happened in a room. What comes first has the lower `at`, then the lower rank, then the lower `id`. */
export type Moment = { readonly at: string; readonly kind: Ranked; readonly id: string; readonly event: PastEvent };

export const idPrefix = 'legacy';

/** @param at of what can happen to one thing more than once */
const eventIdOf = (kind: Kind, rowId: string, at?: string): string =>
  [idPrefix, kind, rowId, ...(at === undefined ? [] : [Date.parse(at)])].join(':');

/** What an imported event is of; undefined for any other. */
export const parseEventId = (eventId: string): { readonly kind: string; readonly id: string } | undefined => {
  const [prefix, kind, rowId] = eventId.split(':');
  return prefix === idPrefix && kind !== undefined && rowId !== undefined ? { kind, id: rowId } : undefined;
};

export const isEarlier = (a: Omit<Moment, 'event'>, b: Omit<Moment, 'event'>): boolean => {
  if (a.at !== b.at) return a.at < b.at;
  return a.kind === b.kind ? a.id < b.id : ranks[a.kind] < ranks[b.kind];
};

const time = z.iso.datetime({ precision: 3 });

/** `$2y$` is what PHP calls `$2b$`; the bcrypt of Node knows it by that name alone. */
const bcryptPattern = /^\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;
const bcryptHash = (text: string | null, what: string): string => {
  if (text === null || !bcryptPattern.test(text)) throw new UnfitRow(`the ${what} is no bcrypt hash`);
  return text.replace(/^\$2y\$/, '$2b$');
};

const parse = <T extends z.ZodType>(schema: T, value: unknown): z.output<T> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnfitRow(
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'value'}: ${message}`).join('; '),
  );
};

export type ImportedUser = {
  readonly userId: string;
  readonly email: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly events: readonly PastEvent[];
};

const registration = apiContract.auth.register.body.pick({ email: true, username: true }).extend({
  displayName: apiContract.auth.register.body.shape.displayName,
});

/** @throws {UnfitRow} */
export const importedUser = (row: LegacyUser): ImportedUser => {
  const userId = parse(id, row.id);
  const names = parse(registration, {
    email: row.email,
    username: row.username,
    displayName: row.displayName ?? undefined,
  });
  if (row.sameEmail > 1) throw new UnfitRow(`the e-mail ${names.email} is somebody else's too, in another case`);
  if (row.sameUsername > 1)
    throw new UnfitRow(`the username ${names.username} is somebody else's too, in another case`);
  const passwordHash = bcryptHash(row.passwordHash, 'password');
  const [createdAt, updatedAt] = [parse(time, row.createdAt), parse(time, row.updatedAt)];
  const displayName = names.displayName || names.username;
  const subject: Subject = { kind: 'account', userId };
  const registered: PastEvent = {
    subject,
    event: { type: 'UserRegistered', data: { userId, username: names.username, displayName, at: createdAt } },
    eventId: eventIdOf('user', userId),
    time: createdAt,
  };
  const changed: PastEvent = {
    subject,
    event: { type: 'ProfileUpdated', data: { userId, displayName, avatarUrl: row.avatarUrl, at: updatedAt } },
    eventId: eventIdOf('profile', userId, updatedAt),
    time: updatedAt,
  };
  const isPlain = row.avatarUrl === null && updatedAt === createdAt;
  return { userId, ...names, passwordHash, events: isPlain ? [registered] : [registered, changed] };
};

const membership = z.object({ id, userId: id, role, joinedAt: time });

export type ImportedRoom = {
  readonly roomId: string;
  readonly passcodeHash: string | undefined;
  readonly created: PastEvent;
  /** Who came in later, and the last change of the room, in their order. */
  readonly facts: readonly Moment[];
  /** Memberships that are left out, and why. */
  readonly unfitMembers: readonly { readonly id: string; readonly reason: string }[];
};

const wireRoom = apiContract.rooms.create.body.pick({ name: true, description: true, topics: true });

const fitMembers = (members: readonly LegacyMember[], isLeftOut: (userId: string) => boolean) => {
  const fit: z.infer<typeof membership>[] = [];
  const unfit: { id: string; reason: string }[] = [];
  for (const { isUser, ...row } of members) {
    const parsed = membership.safeParse(row);
    if (!parsed.success) unfit.push({ id: row.id ?? '', reason: z.prettifyError(parsed.error) });
    else if (!isUser) unfit.push({ id: parsed.data.id, reason: `there is no user ${parsed.data.userId}` });
    else if (!isLeftOut(parsed.data.userId)) fit.push(parsed.data);
  }
  return { fit, unfit };
};

/**
 * Who was there when the room was made comes with its creation, the owner in any case; everybody else at their own time.
 *
 * @param isLeftOut whether a user is left out; then their memberships are too
 * @throws {UnfitRow} also for a room without exactly one owner: nobody could, or two would, decide about it
 */
export const importedRoom = (row: LegacyRoom, isLeftOut: (userId: string) => boolean): ImportedRoom => {
  const roomId = parse(id, row.id);
  const { name, description, topics } = parse(wireRoom, {
    name: row.name ?? undefined,
    description: row.description ?? undefined,
    topics: row.topics ?? [],
  });
  const type = parse(roomType, row.type);
  const createdById = parse(id, row.createdById);
  const [createdAt, updatedAt] = [parse(time, row.createdAt), parse(time, row.updatedAt)];
  const passcodeHash = row.passcode === null ? undefined : bcryptHash(row.passcode, 'passcode');
  const { fit, unfit } = fitMembers(row.members, isLeftOut);
  const owners = fit.filter((member) => member.role === 'OWNER');
  const [owner] = owners;
  if (owner === undefined || owners.length > 1) throw new UnfitRow(`it has ${owners.length} owners instead of one`);
  if (fit.length > maxRoomMembers) throw new UnfitRow(`it has more than ${maxRoomMembers} members`);
  const others = fit.filter((member) => member !== owner);
  const isFounder = (member: (typeof fit)[number]): boolean => member.joinedAt === createdAt;
  const subject: Subject = { kind: 'room', roomId, aspect: 'meta' };
  const founders = [owner, ...others.filter(isFounder)];
  const settings = { name: name ?? null, description: description ?? null };
  const joined = others.filter((member) => !isFounder(member));
  const facts = joined.map(({ id: membershipId, userId, role: as, joinedAt }): Moment => {
    const data = { roomId, membershipId, userId, role: as, by: unknownUserId, at: joinedAt };
    const eventId = eventIdOf('member', membershipId);
    const event: PastEvent = { subject, event: { type: 'MemberAdded', data }, eventId, time: joinedAt };
    return { at: joinedAt, kind: 'member', id: membershipId, event };
  });
  if (row.avatarUrl !== null || updatedAt !== createdAt) {
    const data = { roomId, ...settings, avatarUrl: row.avatarUrl, by: unknownUserId, at: updatedAt };
    const eventId = eventIdOf('room-update', roomId, updatedAt);
    const event: PastEvent = { subject, event: { type: 'RoomUpdated', data }, eventId, time: updatedAt };
    facts.push({ at: updatedAt, kind: 'room-update', id: roomId, event });
  }
  return {
    roomId,
    passcodeHash,
    created: {
      subject,
      event: {
        type: 'RoomCreated',
        data: {
          roomId,
          ...settings,
          type,
          topics: topics ?? [],
          hasPasscode: passcodeHash !== undefined,
          createdById,
          members: founders.map((member) => ({ membershipId: member.id, userId: member.userId, role: member.role })),
          at: createdAt,
        },
      },
      eventId: eventIdOf('room', roomId),
      time: createdAt,
    },
    facts: facts.toSorted((a, b) => (isEarlier(a, b) ? -1 : 1)),
    unfitMembers: unfit,
  };
};

/** Leaves out what a row has beside the fields of a message. */
const snapshot = wireMessage.extend({
  content: z.string().max(maxMessageLength),
  type: messageType,
  status: messageStatus,
});

/** Whether a message answers one that is not there, or in another room: the old system let that pass, and showed it to all. */
export const isStrayReply = ({ replyToId, replyTo, roomId }: LegacyMoment): boolean =>
  replyToId !== null && replyTo?.roomId !== roomId;

/**
 * What happened to a message. The old system keeps no former contents: what was sent is what was there in the end.
 *
 * @throws {UnfitRow}
 */
export const importedMoment = (row: LegacyMoment): Moment => {
  const at = parse(time, row.at);
  if (row.sender === null) throw new UnfitRow(`there is no user ${row.senderId}, who is said to have sent it`);
  const isReply = row.replyToId !== null && !isStrayReply(row);
  const { username, displayName, avatarUrl } = row.sender;
  const now: MessageSnapshot = parse(snapshot, {
    ...row,
    replyToId: isReply ? row.replyToId : null,
    sender: {
      id: row.senderId,
      username,
      displayName: displayName || username,
      avatarUrl,
      isOnline: false,
      lastSeenAt: null,
    },
    attachments: [],
    replyTo: isReply ? row.replyTo : null,
  });
  const roomId = now.roomId;
  const isAsSent = now.editedAt === null && now.deletedAt === null;
  const past = (event: PastEvent['event'], aspect: 'msg' | 'edit', eventId: string): Moment => ({
    at,
    kind: row.kind,
    id: now.id,
    event: { subject: { kind: 'room', roomId, aspect }, event, eventId, time: at },
  });
  switch (row.kind) {
    case 'message': {
      const updatedAt = isAsSent ? now.updatedAt : now.createdAt;
      const message = { ...now, editedAt: null, deletedAt: null, updatedAt };
      return past({ type: 'MessageSent', data: { message } }, 'msg', eventIdOf('message', now.id));
    }
    case 'edit': {
      const updatedAt = now.deletedAt === null ? now.updatedAt : (now.editedAt ?? at);
      const message = { ...now, deletedAt: null, updatedAt };
      return past({ type: 'MessageEdited', data: { message } }, 'edit', eventIdOf('edit', now.id, at));
    }
    case 'deletion': {
      const data = { messageId: now.id, roomId, by: unknownUserId, at: now.deletedAt ?? at };
      return past({ type: 'MessageDeleted', data }, 'edit', eventIdOf('deletion', now.id));
    }
  }
};
