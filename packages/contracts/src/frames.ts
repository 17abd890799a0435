import { z } from 'zod';
import { frameErrorCodes } from './errors.ts';
import { clientMessageType, id, message, newAttachments } from './objects.ts';
import { maxMessageLength, positionText, tempId, text } from './text.ts';

/** The longest frame that a client may send, in bytes. */
export const maxFrameBytes = 64 * 1024;

/**
 * Subprotocols that a client may ask for when it opens a socket. They carry the same frames: as JSON in text messages, which is also what a
 * socket without a subprotocol speaks, or as MessagePack in binary messages.
 */
export const subprotocols = { json: 'kuraxx.v1+json', msgpack: 'kuraxx.v1+msgpack' } as const;

/** How a socket's frames are encoded. */
export type FrameEncoding = keyof typeof subprotocols;

/** So many rooms fit into one `resume` frame; a client in more sends several. */
export const maxResumedRooms = 500;

const envelope = { timestamp: z.number().optional(), requestId: z.string().max(128).optional() };
const roomPayload = z.object({ roomId: id });

const clientFrameOf = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.object({ type: z.literal(type), payload, ...envelope });

/** What clients send, by type. */
export const clientFrames = {
  authenticate: clientFrameOf('authenticate', z.object({ token: z.string().min(1).max(4096) })),
  /** `since`: the last position seen in the room; what came after it is sent first. */
  'room:join': clientFrameOf('room:join', roomPayload.extend({ since: positionText.optional() })),
  'room:leave': clientFrameOf('room:leave', roomPayload),
  /**
   * Many `room:join`s with `since` in one, for a client that comes back: by room the last position seen, null without one (then the
   * room is joined without history). Unlike `room:join` it is not told to others.
   */
  resume: clientFrameOf(
    'resume',
    z.object({
      rooms: z
        .record(id, positionText.nullable())
        .refine((rooms) => Object.keys(rooms).length <= maxResumedRooms, `at most ${maxResumedRooms} rooms`),
    }),
  ),
  'message:new': clientFrameOf(
    'message:new',
    z
      .object({
        roomId: id,
        content: text({ max: maxMessageLength }),
        type: clientMessageType.default('TEXT'),
        tempId: tempId.optional(),
        replyToId: id.nullish(),
        attachments: newAttachments.optional(),
      })
      .refine(({ content, attachments = [] }) => content !== '' || attachments.length > 0, {
        message: 'is required without attachments',
        path: ['content'],
      }),
  ),
  'typing:start': clientFrameOf('typing:start', roomPayload),
  'typing:stop': clientFrameOf('typing:stop', roomPayload),
} as const;

export type ClientFrameType = keyof typeof clientFrames;
export type ClientFrame = { [T in ClientFrameType]: z.infer<(typeof clientFrames)[T]> }[ClientFrameType];

/** @returns whether `type` names a frame that clients may send. */
export const isClientFrameType = (type: string): type is ClientFrameType => Object.hasOwn(clientFrames, type);

/** Where a frame stands in its room: `prev` is the position of the framed event before it, null when there is none. */
const placed = { position: positionText, prev: positionText.nullable(), roomId: id };
const person = { userId: id, username: z.string() };

const serverFrameOf = <T extends string, P extends z.ZodType>(type: T, payload: P) =>
  z.object({ type: z.literal(type), payload, timestamp: z.int(), requestId: z.string().optional() });

const typingPayload = z.object({ ...person, roomId: id, isTyping: z.boolean() });

/** The direct answer to `room:join`; `position` is the room's now, `reset: true` says that `since` could not be honoured. */
const joinAnswer = z.object({
  roomId: id,
  success: z.literal(true),
  position: positionText.nullable().optional(),
  reset: z.boolean().optional(),
});
const leaveAnswer = z.object({ roomId: id, success: z.literal(true) });
const roomNotice = z.object({ roomId: id, ...person });

/** What the server sends, by type. */
export const serverFrames = {
  authenticated: serverFrameOf('authenticated', z.object(person)),
  'message:saved': serverFrameOf('message:saved', z.object({ message, tempId: z.string().optional() })).extend(placed),
  'message:update': serverFrameOf('message:update', z.object({ message })).extend(placed),
  'message:delete': serverFrameOf('message:delete', z.object({ messageId: id })).extend(placed),
  'typing:start': serverFrameOf('typing:start', typingPayload),
  'typing:stop': serverFrameOf('typing:stop', typingPayload),
  /** The direct answer, or a notice about somebody else. */
  'room:join': serverFrameOf('room:join', z.union([joinAnswer, roomNotice])),
  /** The direct answer, or a notice; positioned when a member was removed. */
  'room:leave': serverFrameOf('room:leave', z.union([leaveAnswer, roomNotice])).extend({
    position: positionText.optional(),
    prev: positionText.nullable().optional(),
    roomId: id.optional(),
  }),
  /**
   * The answer to `resume`, when all its rooms are done. Before it each joined room has had its missed frames and then a `room:join`
   * answer of its own (without requestId, with `reset` where history could not be given).
   */
  resumed: serverFrameOf('resumed', z.object({ joined: z.array(id), refused: z.record(id, z.enum(frameErrorCodes)) })),
  /** The access token has expired: unless `authenticate` comes within `closesInMs`, the socket is closed with `closeCodes.tokenExpired`. */
  'token:expired': serverFrameOf('token:expired', z.object({ closesInMs: z.int() })),
  /**
   * This gateway is about to stop: wait `afterMs` (each socket has its own, so that not all come at once), open another socket, resume. A
   * little later this one is closed with `closeCodes.restarting`.
   */
  reconnect: serverFrameOf('reconnect', z.object({ afterMs: z.int() })),
  'presence:online': serverFrameOf(
    'presence:online',
    z.object({ ...person, isOnline: z.literal(true), lastSeenAt: z.null() }),
  ),
  'presence:offline': serverFrameOf(
    'presence:offline',
    z.object({ ...person, isOnline: z.literal(false), lastSeenAt: z.iso.datetime({ precision: 3 }) }),
  ),
  error: serverFrameOf(
    'error',
    z.object({ code: z.enum(frameErrorCodes), message: z.string(), retryAfterMs: z.int().optional() }),
  ),
} as const;

export type ServerFrameType = keyof typeof serverFrames;
export type ServerFrame = { [T in ServerFrameType]: z.infer<(typeof serverFrames)[T]> }[ServerFrameType];

/**
 * Close codes of the gateway. 41xx: reconnect and resume. 42xx: authenticate anew. 43xx: don't come back as you are.
 * 1012 (restart) also means reconnect and resume; 1013 (full, or too many requests of the address), the same later; 1009 is a frame above `maxFrameBytes`.
 */
export const closeCodes = {
  frameTooLarge: 1009,
  restarting: 1012,
  full: 1013,
  slowReader: 4100,
  authenticationTimeout: 4200,
  tokenExpired: 4201,
  signedOut: 4202,
  flood: 4300,
  tooManyConnections: 4301,
} as const;
