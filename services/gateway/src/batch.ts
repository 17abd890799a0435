import { setTimeout as delay } from 'node:timers/promises';

/** Asks for one key. */
export type Lookup<V> = (key: string) => Promise<V>;

/** After a call the next one waits so long for each of its keys, but no longer than this. */
const pausePerKeyMs = 20;
const longestPauseMs = 1_000;

/**
 * Makes few calls out of many questions: what is asked for in one turn of the event loop is one call, and the more a call was asked for, the
 * longer the next one gathers. So a single question is answered at once, and a storm of thousands is a handful of calls.
 *
 * @param load gets each key once per call; a key missing in its answer is `missing`
 */
export const batched = <V>(load: (keys: string[]) => Promise<ReadonlyMap<string, V>>, missing: V): Lookup<V> => {
  let open: { readonly keys: Set<string>; readonly answer: Promise<ReadonlyMap<string, V>> } | undefined;
  let notBeforeMs = 0;
  const start = () => {
    const keys = new Set<string>();
    const pauseMs = notBeforeMs - Date.now();
    const gathered = pauseMs > 0 ? delay(pauseMs) : new Promise<void>((resolve) => setImmediate(resolve));
    const answer = gathered.then(() => {
      open = undefined;
      notBeforeMs = Date.now() + Math.min(longestPauseMs, keys.size * pausePerKeyMs);
      return load([...keys]);
    });
    return { keys, answer };
  };
  return async (key) => {
    open ??= start();
    open.keys.add(key);
    return (await open.answer).get(key) ?? missing;
  };
};
