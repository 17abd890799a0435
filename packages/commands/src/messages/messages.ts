import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Attachment,
  attachmentOf,
  authorise,
  decideDelete,
  decideEdit,
  decideSend,
  type EditEvent,
  type FileUse,
  isoTime,
  type MessageSnapshot,
  type MessageType,
  type NewMessage,
  Refusal,
  type RegisteredAccount,
  type Room,
} from '@kuraxx/domain';
import {
  type Appended,
  decodeRecord,
  type EventLog,
  type Position,
  PositionConflict,
  Unavailable,
} from '@kuraxx/event-store';
import type { Aggregates } from '../aggregates.ts';
import type { Files } from '../files/files.ts';
import { createKeyedQueue } from '../keyed-queue.ts';
import type { FreshMessages } from './fresh-message.ts';
import { isFresh, messageIdOf } from './message-id.ts';
import { senderOf } from './sender.ts';
import type { FindSentBefore } from './sent-before.ts';

export type SendInput = {
  readonly senderId: string;
  readonly roomId: string;
  readonly content: string;
  /** SYSTEM messages are written by joins and leaves alone. */
  readonly type: Exclude<MessageType, 'SYSTEM'>;
  readonly replyToId?: string | null | undefined;
  readonly tempId?: string | undefined;
  /** Own uploads, ten at most. */
  readonly attachments?: readonly { readonly fileId: string }[] | undefined;
  readonly via?: 'ws';
};

export type Sent = {
  readonly message: MessageSnapshot;
  readonly position: Position;
  /** It had been sent before: this is the first one. */
  readonly duplicate: boolean;
};

/**
 * A message that needs nothing but its append, which happens in the order of the calls. Called once.
 *
 * @param timeoutMs default that of the log's append
 * @throws {Unavailable} it may have been stored: repeat it with the same tempId
 */
export type ReadyToSend = (timeoutMs?: number) => Promise<Sent>;

type Needs = {
  readonly log: EventLog;
  readonly rooms: Aggregates<Room>;
  readonly findAccount: (userId: string) => Promise<RegisteredAccount | undefined>;
  readonly findSentBefore: FindSentBefore;
  /** When it is in memory. */
  readonly peekAccount: (userId: string) => RegisteredAccount | undefined;
  readonly fresh: FreshMessages;
  readonly files: Pick<Files, 'requireUsable' | 'use'>;
  readonly nowMs: () => number;
};

const maxAttempts = 10;
const maxJitterMs = 20;

const now = (): string => isoTime(Date.now());

/** Commands about messages. Sending needs NATS alone; editing and deleting need the read model too. */
export const createMessages = ({
  log,
  rooms,
  findAccount,
  peekAccount,
  findSentBefore,
  fresh,
  files,
  nowMs,
}: Needs) => {
  const inTurn = createKeyedQueue();

  const storedAt = async (roomId: string, position: Position): Promise<MessageSnapshot> => {
    const { sequence } = position;
    for await (const record of log.readRoom(roomId, { after: sequence - 1, upTo: sequence })) {
      const event = decodeRecord(record);
      if (event?.type === 'MessageSent') return event.data.message;
    }
    throw new Unavailable(`the message at ${sequence} can't be read`);
  };

  const replyTarget = async (roomId: string, replyToId: string | null | undefined): Promise<MessageSnapshot | null> => {
    if (replyToId === null || replyToId === undefined) return null;
    const found = await fresh.findInRoom(roomId, replyToId);
    if (found === undefined) throw new Refusal('VALIDATION_ERROR', 'replyToId: no such message in this room');
    return found.snapshot;
  };

  /**
   * Reserves files for a message, all or (save for a race) none, before it is stored: what is shown can't be swept away. If the message
   * then never comes, they are swept in a day; the same message may ask for them again.
   */
  const attach = async (input: SendInput, messageId: string): Promise<Attachment[]> => {
    const { senderId: userId, roomId, attachments = [] } = input;
    const use: FileUse = { kind: 'message', roomId, messageId };
    const keys = attachments.map(({ fileId }) => ({ userId, fileId }));
    await Promise.all(keys.map((key) => files.requireUsable(key, use)));
    const reserved = await Promise.all(keys.map((key) => files.use(key, use)));
    return reserved.map((file) => attachmentOf(file, { messageId, roomId }));
  };

  const change = async (
    by: string,
    messageId: string,
    decide: (message: MessageSnapshot, room: Room) => EditEvent | undefined,
  ): Promise<{ readonly message: MessageSnapshot; readonly position?: Position }> => {
    const roomId = await fresh.locate(messageId);
    if (roomId === undefined) throw new Refusal('MESSAGE_NOT_FOUND');
    await rooms.judge(roomId, (room) => authorise(room, by, 'message.read')); // strangers wait for nothing
    // all edits of a room share one expected sequence: in turn, they don't run into each other
    return inTurn(roomId, async () => {
      for (let count = 1; ; count++) {
        const found = await fresh.find(roomId, messageId);
        if (found === undefined) throw new Refusal('MESSAGE_NOT_FOUND');
        const { snapshot, lastEdit } = found;
        const { decision: event } = await rooms.judge(roomId, (room) => decide(snapshot, room));
        if (event === undefined) return { message: snapshot };
        try {
          const { position } = await appendEdit(roomId, event, lastEdit);
          return { message: event.type === 'MessageEdited' ? event.data.message : snapshot, position };
        } catch (error) {
          if (!(error instanceof PositionConflict)) throw error;
          if (count === maxAttempts) throw new Refusal('CONFLICT');
          await delay(Math.random() * maxJitterMs * count);
        }
      }
    });
  };

  const appendEdit = (roomId: string, event: EditEvent, expectedSequence: number): Promise<Appended> =>
    log.append({ kind: 'room', roomId, aspect: 'edit' }, event, { expectedSequence });

  const idOf = ({ senderId, roomId, tempId }: SendInput): string =>
    tempId === undefined ? randomUUID() : messageIdOf(senderId, roomId, tempId);
  const mayBeOld = (tempId: string | undefined): boolean => tempId !== undefined && !isFresh(tempId, nowMs());

  const draft = (
    input: SendInput,
    messageId: string,
    account: RegisteredAccount,
    replyTo: MessageSnapshot | null,
    attachments: Attachment[],
  ): NewMessage => {
    const { roomId, content, type } = input;
    return { messageId, roomId, content, type, sender: senderOf(account), replyTo, attachments, at: now() };
  };

  const ready =
    ({ tempId, via }: SendInput, message: MessageSnapshot): ReadyToSend =>
    async (timeoutMs) => {
      const { id, roomId } = message;
      const { position, duplicate } = await log.append(
        { kind: 'room', roomId, aspect: 'msg' },
        { type: 'MessageSent', data: tempId === undefined ? { message } : { message, tempId } },
        { eventId: id, ...(via === undefined ? {} : { via }), ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      );
      return { message: duplicate ? await storedAt(roomId, position) : message, position, duplicate };
    };

  /** Without asking anybody: the usual case by far. @returns undefined when something has to be looked up, a refusal's cause too */
  const prepareFromMemory = (input: SendInput): ReadyToSend | undefined => {
    const { senderId, roomId, tempId, replyToId } = input;
    const account = peekAccount(senderId);
    const room = rooms.peek(roomId)?.state;
    if (account === undefined || room === undefined || mayBeOld(tempId)) return undefined;
    if ((replyToId !== undefined && replyToId !== null) || input.attachments !== undefined) return undefined;
    try {
      return ready(input, decideSend(draft(input, idOf(input), account, null, []), room));
    } catch (error) {
      if (error instanceof Refusal) return undefined; // counts only as of now: who has just joined elsewhere isn't turned away
      throw error;
    }
  };

  const prepare = async (input: SendInput): Promise<ReadyToSend> => {
    const { senderId, roomId, tempId } = input;
    const account = await findAccount(senderId);
    if (account === undefined) throw new Refusal('AUTH_UNAUTHORIZED');
    await rooms.judge(roomId, (room) => authorise(room, senderId, 'message.send')); // nothing is looked up for strangers
    const messageId = idOf(input);
    const sentBefore = async (age: 'old' | 'any'): Promise<ReadyToSend | undefined> => {
      const before = tempId === undefined ? undefined : await findSentBefore(roomId, messageId, tempId, age);
      if (before === undefined) return undefined;
      const message = { ...before.snapshot, sender: senderOf(account) };
      return async () => ({ message, position: before.position, duplicate: true });
    };
    const old = mayBeOld(tempId) ? await sentBefore('old') : undefined;
    if (old !== undefined) return old;
    try {
      const replyTo = await replyTarget(roomId, input.replyToId);
      const attachments = input.attachments === undefined ? [] : await attach(input, messageId);
      const command = draft(input, messageId, account, replyTo, attachments);
      const { decision: message } = await rooms.judge(roomId, (room) => decideSend(command, room));
      return ready(input, message);
    } catch (error) {
      // What it answers or shows may be gone by now, and was there when it was first sent
      const earlier =
        error instanceof Refusal && error.code === 'VALIDATION_ERROR' ? await sentBefore('any') : undefined;
      if (earlier === undefined) throw error;
      return earlier;
    }
  };

  /**
   * Everything about a send but its append: at once where all is in memory. Whoever sends many keeps their order by calling what this gives
   * in that order, and need not wait for one before the next. Who is a member is known from memory, which may be old when this process or its
   * connection stood still: call `log.catchUp()` before, so that the removed don't profit.
   *
   * @throws {Refusal} ROOM_NOT_FOUND, ROOM_ACCESS_DENIED, VALIDATION_ERROR (reply, attachments), AUTH_UNAUTHORIZED @throws {Unavailable}
   */
  const prepareSend = (input: SendInput): ReadyToSend | Promise<ReadyToSend> =>
    prepareFromMemory(input) ?? prepare(input);

  return {
    prepareSend,

    /**
     * Sends a message: the membership from memory, then one append. The same sender, room and tempId give the same message,
     * however often and whenever it is repeated.
     *
     * @throws as `prepareSend` and `ReadyToSend`
     */
    send: async (input: SendInput): Promise<Sent> => {
      await log.catchUp();
      return (await prepareSend(input))();
    },

    /** @throws {Refusal} MESSAGE_NOT_FOUND, ROOM_ACCESS_DENIED, AUTH_UNAUTHORIZED, CONFLICT @throws {Unavailable} also without the read model */
    edit: async (by: string, messageId: string, content: string) => {
      const account = await findAccount(by);
      if (account === undefined) throw new Refusal('AUTH_UNAUTHORIZED');
      const sender = senderOf(account); // not as the read model has it: that may lag behind
      return change(by, messageId, (message, room) =>
        decideEdit({ by, content, at: now() }, message.senderId === by ? { ...message, sender } : message, room),
      );
    },

    /**
     * Whether the read model shows a message (a deleted one too), as of everything that the log holds of its room now.
     *
     * @throws {Unavailable} when the read model is away or too far behind
     */
    isShown: async (roomId: string, messageId: string): Promise<boolean> =>
      (await fresh.find(roomId, messageId)) !== undefined,

    /** Without a position when it was deleted already. @throws as `edit` */
    remove: (by: string, messageId: string) =>
      change(by, messageId, (message, room) => decideDelete({ by, at: now() }, message, room)),
  };
};
