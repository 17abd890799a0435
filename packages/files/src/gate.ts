import { Unavailable } from '@kuraxx/event-store';

/** Lets so many pieces of work run at once and so many more wait. @throws {Unavailable} when too many wait already */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

export const createGate = ({ running, waiting }: { running: number; waiting: number }): Gate => {
  let active = 0;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (active >= running) {
      if (queue.length >= waiting) throw new Unavailable('too many pictures are being looked at');
      await new Promise<void>((resolve) => queue.push(resolve));
    } else {
      active++;
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) active--;
      else next(); // takes the place over
    }
  };
};
