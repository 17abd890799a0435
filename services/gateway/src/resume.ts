import type { FrameErrorCode } from '@kuraxx/contracts';
import { failureOf } from './failure.ts';
import { enterRoom } from './join.ts';
import type { Needs } from './needs.ts';
import { encodeFrame } from './server-frame.ts';
import type { Identity, Session } from './session.ts';

/** So many rooms of one socket are replayed side by side. */
const roomsAtOnce = 8;

/**
 * `resume`: enters many rooms, each as `room:join {since}` does, and says at the end which ones. One room's refusal doesn't touch the others.
 * Never throws.
 */
export const resumeRooms = async (
  session: Session,
  identity: Identity,
  request: { readonly rooms: Readonly<Record<string, string | null>>; readonly requestId: string | undefined },
  needs: Needs,
): Promise<void> => {
  const joined: string[] = [];
  const refused: Record<string, FrameErrorCode> = {};
  const entries = Object.entries(request.rooms).values(); // one iterator: each room is taken once
  const work = async (): Promise<void> => {
    for (const [roomId, since] of entries) {
      if (session.closed) return;
      try {
        const request = { roomId, since: since ?? undefined };
        if (await enterRoom(session, identity, request, needs.limits.requestTimeoutMs, needs)) joined.push(roomId);
      } catch (error) {
        const failure = failureOf(error);
        if (failure === undefined) needs.logger.error({ err: error, roomId }, 'a room could not be resumed');
        refused[roomId] = failure?.code ?? 'HANDLER_ERROR';
      }
    }
  };
  await Promise.all(Array.from({ length: roomsAtOnce }, work));
  session.send(encodeFrame('resumed', { joined, refused }, request.requestId));
};
