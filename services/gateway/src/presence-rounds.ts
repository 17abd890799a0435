import type { Logger } from 'pino';
import type { Directory } from './directory.ts';
import type { Session } from './session.ts';
import type { UserRooms } from './user-rooms.ts';

/** So long changes are gathered before they are told. */
const gatherMs = 20;
/** Changes told at once: with 5,000 sockets that share a room some 300,000 frames, between which everything else waits. */
const mostAtOnce = 64;
/** Frames of one person that wait: who comes and goes is as the last two say. */
const mostOfOne = 2;

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
  readonly userRooms: Pick<UserRooms, 'sharing'>;
  readonly logger: Pick<Logger, 'error'>;
}): PresenceRounds => {
  const { directory, userRooms, logger } = needs;
  const waiting = new Map<string, Buffer[]>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const takeSome = (): [userId: string, frames: readonly Buffer[]][] => {
    const some = Array.from(waiting).slice(0, mostAtOnce);
    for (const [userId] of some) waiting.delete(userId);
    return some;
  };
  const othersOf = async (userId: string): Promise<ReadonlySet<string>> => {
    try {
      return await userRooms.sharing(userId);
    } catch (err) {
      logger.error({ err }, 'presence could not be told');
      return new Set();
    }
  };
  const round = async (): Promise<void> => {
    const groups = await Promise.all(
      takeSome().map(async ([userId, frames]) => ({ frames, others: await othersOf(userId) })),
    );
    const letters = new Map<Session, Buffer[]>();
    for (const { frames, others } of groups) {
      for (const other of others) {
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
