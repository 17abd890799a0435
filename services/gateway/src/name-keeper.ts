import { messageSnapshot, nameless, namelessMessage } from '@kuraxx/domain';
import { z } from 'zod';
import { type PlacedFrame, payloadOf, placedFrame } from './placed-frame.ts';

/**
 * Keeps the names of people whose accounts were deleted out of the past. The log has them for ever; live frames pass
 * untouched, for then the names were theirs.
 */
export type NameKeeper = {
  /**
   * @returns the frames as they may be shown now; `undefined` when of somebody in them it is not known here whether the
   * account is there: `learn` it, and ask again
   */
  shown(frames: readonly PlacedFrame[]): readonly PlacedFrame[] | undefined;
  /** @throws {Unavailable} */
  learn(frames: readonly PlacedFrame[]): Promise<void>;
};

/** As of what has reached this process; `undefined` when it has to be asked for. */
export type DeletedAccounts = {
  peekDeleted(userId: string): boolean | undefined;
  isDeleted(userId: string): Promise<boolean>;
};

const payloads = z.union([
  z.object({ message: messageSnapshot, tempId: z.string().optional() }),
  z.object({ roomId: z.string(), userId: z.string(), username: z.string() }),
]);

const withoutName = (frame: PlacedFrame): PlacedFrame => {
  const payload = payloads.parse(JSON.parse(payloadOf(frame).toString()));
  const hidden =
    'message' in payload
      ? { ...payload, message: namelessMessage(payload.message) }
      : { ...payload, username: nameless.username };
  return placedFrame(frame.sequence, frame.type, Buffer.from(JSON.stringify(hidden)), frame.place, frame.about);
};

export const createNameKeeper = (accounts: DeletedAccounts): NameKeeper => {
  /** Many readers are shown the same frames. */
  const hidden = new WeakMap<PlacedFrame, PlacedFrame>();
  const hide = (frame: PlacedFrame): PlacedFrame => {
    const known = hidden.get(frame) ?? withoutName(frame);
    hidden.set(frame, known);
    return known;
  };
  const peopleIn = (frames: readonly PlacedFrame[]): Set<string> => new Set(frames.flatMap(({ about }) => about ?? []));

  return {
    shown(frames) {
      const gone = new Set<string>();
      for (const userId of peopleIn(frames)) {
        const isDeleted = accounts.peekDeleted(userId);
        if (isDeleted === undefined) return undefined;
        if (isDeleted) gone.add(userId);
      }
      if (gone.size === 0) return frames;
      return frames.map((frame) => (frame.about !== undefined && gone.has(frame.about) ? hide(frame) : frame));
    },
    learn: async (frames) => {
      const unknown = [...peopleIn(frames)].filter((userId) => accounts.peekDeleted(userId) === undefined);
      await Promise.all(unknown.map((userId) => accounts.isDeleted(userId)));
    },
  };
};
