import type { PlacedFrame } from './event-frame.ts';

/** While it is held the tail may grow to this many times its bytes. */
const heldFactor = 16;

/** The last framed events of a followed room, for those who were away for a moment. */
export type Tail = {
  push(frame: PlacedFrame): void;
  /** @returns the framed events after `sequence` in order; undefined when the tail doesn't reach back so far */
  after(sequence: number): readonly PlacedFrame[] | undefined;
  /**
   * Keeps what comes from now on (up to a far larger bound) until the returned function is called: whoever reads the log
   * up to now finds the rest here, however fast others write.
   */
  hold(): () => void;
};

/** @param from every framed event after this sequence will be pushed */
export const createTail = (from: number, limits: { tailFrames: number; tailBytes: number }): Tail => {
  let start = from;
  let bytes = 0;
  let holds = 0;
  const frames: PlacedFrame[] = [];
  const isTooLong = (): boolean =>
    holds > 0 ? bytes > limits.tailBytes * heldFactor : frames.length > limits.tailFrames || bytes > limits.tailBytes;
  const trim = (): void => {
    while (isTooLong()) {
      const dropped = frames.shift();
      if (dropped === undefined) return;
      bytes -= dropped.bytes.length;
      start = dropped.sequence;
    }
  };
  return {
    push(frame) {
      frames.push(frame);
      bytes += frame.bytes.length;
      trim();
    },
    after: (sequence) => (sequence < start ? undefined : frames.filter((frame) => frame.sequence > sequence)),
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
  };
};
