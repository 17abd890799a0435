import type { ReadyToSend, Sent } from '@kuraxx/commands';
import type { ClientFrame } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { formatPosition, Unavailable } from '@kuraxx/event-store';
import type { Needs } from './needs.ts';
import { placedFrame } from './placed-frame.ts';
import type { Identity, JoinedRoom, Session } from './session.ts';
import { settleUploads } from './settle-uploads.ts';
import { within } from './within.ts';

export type MessageFrame = Extract<ClientFrame, { type: 'message:new' }>;

/** The message went out by the room before it was sent again: this socket alone gets it once more. */
const repeat = (
  session: Session,
  frame: MessageFrame,
  { message, position }: Sent,
  joined: JoinedRoom,
  { outgoing }: Needs,
): void => {
  const { roomId, tempId } = frame.payload;
  const payload = Buffer.from(JSON.stringify({ message, ...(tempId === undefined ? {} : { tempId }) }));
  const place = { position: formatPosition(position), prev: null, roomId };
  const { senderId } = message;
  const { bytes } = placedFrame(position.sequence, 'message:saved', payload, place, senderId, frame.requestId);
  joined.channel.audience.flush(); // what came before it, or it itself, may still be on its way out
  session.send(outgoing.bytes(bytes, senderId));
};

/** What is to be known before a message can be appended, in the order of the socket's messages. */
type Sending = {
  readonly session: Session;
  readonly identity: Identity;
  readonly frame: MessageFrame;
  readonly deadlineMs: number;
  readonly fail: (error: unknown) => void;
  /** Called when all is done, well or not. */
  readonly ended?: (() => void) | undefined;
};

const end = ({ session, ended }: Sending): void => {
  session.workEnds();
  ended?.();
};

const append = (sending: Sending, joined: JoinedRoom, ready: ReadyToSend, needs: Needs): void => {
  const { session, frame, deadlineMs, fail } = sending;
  const shownBefore = joined.channel.seen();
  const isToRepeat = (sequence: number): boolean => {
    // What is behind comes by the room, or has come meanwhile: so when it is the append that has repeated itself.
    if (sequence > shownBefore || session.rooms.get(frame.payload.roomId) !== joined) return false;
    // Who follows positions has got it on this very socket: a second frame that nothing marks as an answer would look like a hole
    return frame.requestId !== undefined || joined.since === undefined || sequence <= joined.since;
  };
  ready(deadlineMs - Date.now()).then(
    (sent) => {
      if (needs.logger.isLevelEnabled('debug')) {
        const { payload, requestId } = frame;
        const position = formatPosition(sent.position);
        needs.logger.debug({ requestId, roomId: payload.roomId, position, duplicate: sent.duplicate }, 'stored');
      }
      if (sent.duplicate) needs.counts.repeated += 1;
      else needs.counts.stored += 1;
      joined.lastSent = Math.max(joined.lastSent, sent.position.sequence);
      if (sent.duplicate && isToRepeat(sent.position.sequence)) repeat(session, frame, sent, joined, needs);
      end(sending);
    },
    (error: unknown) => {
      fail(error);
      end(sending);
    },
  );
};

const prepare = (sending: Sending, needs: Needs): ReadyToSend | Promise<ReadyToSend> => {
  const { identity, frame, deadlineMs } = sending;
  const { roomId, content, type, tempId, replyToId, attachments } = frame.payload;
  const { userId } = identity;
  const prepared = (): ReadyToSend | Promise<ReadyToSend> =>
    needs.commands.messages.prepareSend({
      senderId: userId,
      roomId,
      content,
      type,
      via: 'ws',
      tempId,
      replyToId,
      attachments,
    });
  return attachments === undefined
    ? prepared()
    : settleUploads(userId, attachments, deadlineMs - Date.now(), needs).then(prepared);
};

/** Begins the append; at once, unless something has to be looked up. Never throws. */
const begin = (sending: Sending, joined: JoinedRoom, needs: Needs): Promise<void> | undefined => {
  const failed = (error: unknown): void => {
    sending.fail(error);
    end(sending);
  };
  try {
    const prepared = prepare(sending, needs);
    if (!(prepared instanceof Promise)) {
      append(sending, joined, prepared, needs);
      return undefined;
    }
    return within(prepared, sending.deadlineMs - Date.now(), 'send the message').then(
      (ready) => append(sending, joined, ready, needs),
      failed,
    );
  } catch (error) {
    failed(error);
    return undefined;
  }
};

const requireJoined = ({ session, identity, frame }: Sending): JoinedRoom => {
  const joined = session.rooms.get(frame.payload.roomId);
  if (joined?.channel.isMember(identity.userId) !== true) {
    throw new Refusal('ROOM_ACCESS_DENIED', 'Join the room first');
  }
  return joined;
};

/** Begins one after the other of a socket's messages: what takes a look-up holds up those behind it. */
const inTurn = (session: Session, start: () => Promise<void> | undefined): void => {
  const { slowSend } = session;
  const begun = slowSend === undefined ? start() : slowSend.then(start);
  if (begun === undefined) return;
  const slow = begun.then(() => {
    if (session.slowSend === slow) session.slowSend = undefined;
  });
  session.slowSend = slow;
};

/**
 * `message:new`: no direct answer; the message comes back as `message:saved` by the room. Only when it is a repetition of
 * a send whose frame has gone out already, this socket alone gets that frame again, with the `requestId` of the repetition.
 *
 * The socket's other frames don't wait for it: a client's messages are stored in the order in which they came, without a round trip between
 * each two.
 *
 * @param fail is told what goes wrong later; after {Unavailable} it may have been stored: the client repeats it with the same tempId
 * @returns a promise when the socket's next frame has to wait because so many are on their way
 * @throws {Refusal} @throws {Unavailable}
 */
export const sendMessage = (sending: Sending, needs: Needs): Promise<void> | undefined => {
  const { session, frame, deadlineMs } = sending;
  const { roomId } = frame.payload;
  const entering = session.rooms.has(roomId) ? undefined : session.entering.get(roomId);
  const joined = entering === undefined ? requireJoined(sending) : undefined;
  if (!needs.natsState.isConnected() || deadlineMs <= Date.now()) throw new Unavailable('NATS is away');
  const failed = (error: unknown): void => {
    sending.fail(error);
    end(sending);
  };
  session.workBegins();
  const start = (): Promise<void> | undefined => {
    if (joined !== undefined) return begin(sending, joined, needs);
    // It is on its way into the room, behind what it missed there.
    const entered = entering?.over ?? Promise.resolve();
    return within(entered, deadlineMs - Date.now(), 'enter the room')
      .then(() => requireJoined(sending))
      .then((room) => begin(sending, room, needs), failed);
  };
  needs.catchUp().then(() => inTurn(session, start), failed);
  return session.whenWorkBelow(needs.limits.maxSendsAtOnce);
};
