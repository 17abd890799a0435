import type { ClientFrame } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { formatPosition, Unavailable } from '@kuraxx/event-store';
import type { Needs } from './needs.ts';
import { placedFrame } from './placed-frame.ts';
import type { Identity, Session } from './session.ts';
import { settleUploads } from './settle-uploads.ts';
import { within } from './within.ts';

export type MessageFrame = Extract<ClientFrame, { type: 'message:new' }>;

/**
 * `message:new`: no direct answer; the message comes back as `message:saved` by the room. Only when it is a repetition of
 * a send whose frame has gone out already, this socket alone gets that frame again, with the `requestId` of the repetition.
 *
 * @throws {Refusal} @throws {Unavailable} also when it may have been stored: the client repeats it with the same tempId
 */
export const sendMessage = async (
  session: Session,
  identity: Identity,
  frame: MessageFrame,
  remainingMs: number,
  needs: Needs,
): Promise<void> => {
  const { roomId, content, type, tempId, replyToId, attachments } = frame.payload;
  const deadlineMs = Date.now() + remainingMs;
  const joined = session.rooms.get(roomId);
  const channel = joined?.channel;
  if (joined === undefined || channel === undefined || !channel.isMember(identity.userId)) {
    throw new Refusal('ROOM_ACCESS_DENIED', 'Join the room first');
  }
  if (!needs.natsState.isConnected() || remainingMs <= 0) throw new Unavailable('NATS is away');
  if (attachments !== undefined) await settleUploads(identity.userId, attachments, remainingMs, needs);
  const sending = needs.commands.messages.send({
    senderId: identity.userId,
    roomId,
    content,
    type,
    via: 'ws',
    ...(tempId === undefined ? {} : { tempId }),
    attachments,
    ...(replyToId === undefined || replyToId === null ? {} : { replyToId }),
  });
  const { message, position, duplicate } = await within(sending, deadlineMs - Date.now(), 'send the message');
  joined.lastSent = Math.max(joined.lastSent, position.sequence);
  if (!duplicate || position.sequence > channel.seen() || session.rooms.get(roomId)?.channel !== channel) return;
  // Who follows positions has got it on this very socket: a second frame that nothing marks as an answer would look like a hole
  if (frame.requestId === undefined && joined.since !== undefined && position.sequence > joined.since) return;
  const payload = Buffer.from(JSON.stringify({ message, ...(tempId === undefined ? {} : { tempId }) }));
  const place = { position: formatPosition(position), prev: null, roomId };
  const { bytes } = placedFrame(position.sequence, 'message:saved', payload, place, identity.userId, frame.requestId);
  session.send(needs.outgoing.bytes(bytes, identity.userId));
};
