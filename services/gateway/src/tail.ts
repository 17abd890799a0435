import { framesAfter, type PlacedFrame } from './placed-frame.ts';

/** While it is held the tail may grow to this many times its bytes. */
const heldFactor = 16;

/** The last framed events of a followed room, for those who were away for a moment. */
export type Tail = {
  push(frame: PlacedFrame): void;
  /** @returns the framed events after `sequence` in order, a copy; undefined when the tail doesn't reach back so far */
  after(sequence: number): readonly PlacedFrame[] | undefined;
  /**
   * Keeps what comes from now on (up to a far larger bound) until the returned function is called: whoever reads the log
   * up to now finds the rest here, however fast others write.
   */
  hold(): () => void;
  /** Gives its memory back. Nothing may be called after it. */
  close(): void;
};

/** The tails of all followed rooms. */
export type Tails = {
  /** @param from every framed event after this sequence will be pushed */
  open(from: number): Tail;
};

export type TailLimits = {
  readonly tailFrames: number;
  readonly tailBytes: number;
  /** Of all tails together: past it those that were pushed to longest ago are emptied. */
  readonly allTailsBytes: number;
};

export const createTails = (limits: TailLimits): Tails => {
  let allBytes = 0;
  /** The one that was pushed to longest ago first. */
  const byAge = new Set<() => void>();

  const open = (from: number): Tail => {
    let start = from;
    let bytes = 0;
    let holds = 0;
    const frames: PlacedFrame[] = [];
    const drop = (count: number): void => {
      for (const { sequence, bytes: dropped } of frames.splice(0, count)) {
        start = sequence;
        bytes -= dropped.length;
        allBytes -= dropped.length;
      }
    };
    const trim = (): void => {
      const maxBytes = holds > 0 ? limits.tailBytes * heldFactor : limits.tailBytes;
      let count = holds > 0 ? 0 : Math.max(0, frames.length - limits.tailFrames);
      let kept = bytes;
      for (let index = 0; index < count; index++) kept -= frames[index]?.bytes.length ?? 0;
      while (kept > maxBytes && count < frames.length) kept -= frames[count++]?.bytes.length ?? 0;
      if (count > 0) drop(count);
    };
    const empty = (): void => {
      if (holds === 0) drop(frames.length);
    };
    return {
      push(frame) {
        frames.push(frame);
        bytes += frame.bytes.length;
        allBytes += frame.bytes.length;
        byAge.delete(empty);
        byAge.add(empty);
        trim();
        if (allBytes > limits.allTailsBytes) shrink();
      },
      after: (sequence) => (sequence < start ? undefined : framesAfter(frames, sequence).slice()),
      hold() {
        holds += 1;
        let isHeld = true;
        return () => {
          if (!isHeld) return;
          isHeld = false;
          holds -= 1;
          trim();
        };
      },
      close() {
        drop(frames.length);
        byAge.delete(empty);
      },
    };
  };

  const shrink = (): void => {
    for (const empty of byAge) {
      empty();
      byAge.delete(empty); // until it is pushed to again
      if (allBytes <= limits.allTailsBytes) return;
    }
  };

  return { open };
};
