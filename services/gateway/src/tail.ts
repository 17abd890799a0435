import type { PlacedFrame } from './event-frame.ts';

/** The last framed events of a followed room, for those who were away for a moment. */
export type Tail = {
  push(frame: PlacedFrame): void;
  /** @returns the framed events after `sequence` in order; undefined when the tail doesn't reach back so far */
  after(sequence: number): readonly PlacedFrame[] | undefined;
  /** @returns the event at `sequence` where the tail has it */
  at(sequence: number): PlacedFrame | undefined;
};

/** @param from every framed event after this sequence will be pushed */
export const createTail = (from: number, limits: { tailFrames: number; tailBytes: number }): Tail => {
  let start = from;
  let bytes = 0;
  const frames: PlacedFrame[] = [];
  return {
    push(frame) {
      frames.push(frame);
      bytes += frame.bytes.length;
      while (frames.length > limits.tailFrames || bytes > limits.tailBytes) {
        const dropped = frames.shift();
        if (dropped === undefined) break;
        bytes -= dropped.bytes.length;
        start = dropped.sequence;
      }
    },
    after: (sequence) => (sequence < start ? undefined : frames.filter((frame) => frame.sequence > sequence)),
    at: (sequence) => frames.find((frame) => frame.sequence === sequence),
  };
};
