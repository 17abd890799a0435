import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Directory } from './directory.ts';
import type { Session } from './session.ts';
import type { UserRooms } from './user-rooms.ts';

/** So long changes are gathered before they are told. */
const gatherMs = 20;
/** Changes written at once: with 5,000 sockets that share a room some 300,000 frames, between which everything else waits. */
const mostAtOnce = 64;
/** Frames of one person that wait: who comes and goes is as the last two say. */
const mostOfOne = 2;

/** Somebody's frames, and the rooms in which they are news. */
type Change = { readonly userId: string; readonly frames: readonly Buffer[]; readonly roomIds: Iterable<string> };

/** Tells those who share a room with a person of frames about them. */
export type PresenceRounds = {
  /** The frame goes to each of their sockets once, in the order of what was told of a person. */
  tell(userId: string, frame: string): void;
  close(): void;
};

/**
 * Gathers frames and writes to each socket once a round: when thousands come back at once, each of them is news to all the others, and a
 * write to the kernel for each piece of it would keep the process from everything else.
 */
export const createPresenceRounds = (needs: {
  readonly directory: Pick<Directory, 'of'>;
  readonly userRooms: Pick<UserRooms, 'roomsOf' | 'others'>;
  readonly logger: Pick<Logger, 'error'>;
}): PresenceRounds => {
  const { directory, userRooms, logger } = needs;
  const waiting = new Map<string, Buffer[]>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const roomsOf = async (userId: string): Promise<Iterable<string>> => {
    try {
      return await userRooms.roomsOf(userId);
    } catch (err) {
      logger.error({ err }, 'presence could not be told');
      return [];
    }
  };
  const write = (changes: readonly Change[]): void => {
    const letters = new Map<Session, Buffer[]>();
    for (const { userId, frames, roomIds } of changes) {
      for (const other of userRooms.others(roomIds, userId)) {
        for (const session of directory.of(other)) {
          const letter = letters.get(session);
          if (letter === undefined) letters.set(session, [...frames]);
          else letter.push(...frames);
        }
      }
    }
    for (const [session, letter] of letters) {
      session.cork(() => {
        for (const frame of letter) session.send(frame);
      });
    }
  };
  /** The rooms of all who wait are asked for together: one at a time a storm would wait for a look-up each. */
  const round = async (): Promise<void> => {
    const told = Array.from(waiting);
    waiting.clear();
    const changes = await Promise.all(
      told.map(async ([userId, frames]) => ({ userId, frames, roomIds: await roomsOf(userId) })),
    );
    for (let from = 0; from < changes.length && !isClosed; from += mostAtOnce) {
      if (from > 0) await delay(gatherMs);
      write(changes.slice(from, from + mostAtOnce));
    }
  };
  const run = (): void => {
    void round().then(() => {
      timer = waiting.size > 0 && !isClosed ? setTimeout(run, gatherMs) : undefined;
    });
  };

  return {
    tell(userId, frame) {
      if (isClosed) return;
      const frames = [...(waiting.get(userId) ?? []), Buffer.from(frame)];
      waiting.set(userId, frames.slice(-mostOfOne));
      timer ??= setTimeout(run, gatherMs);
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      waiting.clear();
    },
  };
};
