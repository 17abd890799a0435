import type { EventLog } from '@kuraxx/event-store';
import type { Stores } from './kv/buckets.ts';
import type { Store } from './kv/store.ts';

/** A process is gone: nothing it does has an effect any more, its clean-up included. */
class Died extends Error {}

/** The outside world of a process that dies at its `fatalStep`-th write (from 1), before or after that is done. */
export const createDoom = (fatalStep: number, when: 'before' | 'after') => {
  let step = 0;
  let isDead = false;
  const mortal =
    <A extends unknown[], R>(work: (...given: A) => Promise<R>) =>
    async (...given: A): Promise<R> => {
      if (isDead) throw new Died();
      step += 1;
      if (step !== fatalStep) return work(...given);
      isDead = true;
      if (when === 'after') await work(...given);
      throw new Died();
    };
  const mortalStore = <T>(store: Store<T>): Store<T> => ({
    ...store,
    put: mortal((key: string, value: T) => store.put(key, value)),
    create: mortal((key: string, value: T) => store.create(key, value)),
    update: mortal((key: string, value: T, revision: number) => store.update(key, value, revision)),
    remove: mortal((key: string, revision?: number) => store.remove(key, revision)),
  });
  return {
    hasDied: (): boolean => isDead,
    log: (log: EventLog): EventLog => ({
      ...log,
      append: mortal((...given: Parameters<EventLog['append']>) => log.append(...given)),
    }),
    stores: (stores: Stores): Stores => ({
      names: mortalStore(stores.names),
      credentials: mortalStore(stores.credentials),
      sessions: mortalStore(stores.sessions),
      passcodes: mortalStore(stores.passcodes),
      unfinished: mortalStore(stores.unfinished),
    }),
  };
};
