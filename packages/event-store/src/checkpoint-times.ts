import type { Position } from './ports.ts';

/** So many steps of each partition are remembered. */
const maxSteps = 256;

type Step = { readonly epoch: string; readonly sequence: number; readonly atMs: number };

/** When projections reached what, as far as it was heard here, for those who want to see an event's way. */
export const createCheckpointTimes = () => {
  const steps = new Map<string, Step[]>();
  return {
    heard(partition: string, step: Step): void {
      const known = steps.get(partition) ?? [];
      const last = known.at(-1);
      if (last?.epoch === step.epoch && last.sequence >= step.sequence) return; // nothing new: it is repeated every second
      const isSameLog = last === undefined || last.epoch === step.epoch;
      steps.set(partition, [...(isSameLog ? known : []), step].slice(-maxSteps));
    },
    /**
     * @returns in milliseconds since 1970; undefined when the position is not reached yet, or was reached before the oldest step that is
     *   remembered: that one only says "by then"
     */
    reachedAtMs({ epoch, partition, sequence }: Position): number | undefined {
      const known = steps.get(String(partition)) ?? [];
      const index = known.findIndex((step) => step.epoch === epoch && step.sequence >= sequence);
      return index > 0 ? known[index]?.atMs : undefined;
    },
  };
};
