import { TooSlow } from './errors.ts';

/** Events an iterator may be behind before it fails with `TooSlow`. */
const maxBuffered = 10_000;

type Typed = { readonly type: string };
export type EventOf<E extends Typed, T extends E['type']> = Extract<E, { type: T }>;

export type Listeners<E extends Typed> = {
  /** Calls `listener` with each event of a type, in order. What it throws is reported and stops nobody. @returns how to stop it */
  readonly on: <T extends E['type']>(type: T, listener: (event: EventOf<E, T>) => void) => () => void;
  /** All events from now on, in order, until the end. @throws {TooSlow} when more than 10 000 wait to be read */
  readonly iterate: () => AsyncIterableIterator<E>;
  readonly emit: (event: E) => void;
  /** Iterators end after what they have not given yet. */
  readonly end: () => void;
};

/** The two ways to hear of events. */
export const createListeners = <E extends Typed>(): Listeners<E> => {
  const hearers = new Set<(event: E) => void>();
  const enders = new Set<() => void>();
  let hasEnded = false;

  const iterate = (): AsyncIterableIterator<E> => {
    const buffered: E[] = [];
    let wake: (() => void) | undefined;
    let isDone = hasEnded;
    let overflowed = false;
    const hear = (event: E): void => {
      if (buffered.length < maxBuffered) buffered.push(event);
      else overflowed = true;
      wake?.();
    };
    const end = (): void => {
      isDone = true;
      hearers.delete(hear);
      enders.delete(end);
      wake?.();
    };
    if (!hasEnded) {
      hearers.add(hear);
      enders.add(end);
    }
    const events = (async function* () {
      try {
        for (;;) {
          const event = buffered.shift();
          if (event !== undefined) yield event;
          else if (overflowed) throw new TooSlow(`more than ${maxBuffered} events waited to be read`);
          else if (isDone) return;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        end();
      }
    })();
    return events;
  };

  return {
    on(type, listener) {
      const isMeant = (event: E): event is EventOf<E, typeof type> => event.type === type;
      const hear = (event: E): void => {
        if (isMeant(event)) listener(event);
      };
      hearers.add(hear);
      return () => void hearers.delete(hear);
    },
    iterate,
    emit(event) {
      for (const hear of hearers) {
        try {
          hear(event);
        } catch (error) {
          reportError(error);
        }
      }
    },
    end() {
      hasEnded = true;
      for (const end of enders) end();
      hearers.clear();
    },
  };
};

/** As an uncaught error of its own, like one of any event listener. */
const reportError = (error: unknown): void => {
  setTimeout(() => {
    throw error;
  });
};
