/** Asks for one key; all that are asked in one turn of the event loop go into one call. */
export type Lookup<V> = (key: string) => Promise<V>;

/** @param load gets each key once per batch; a key missing in its answer is `missing` */
export const batched = <V>(load: (keys: string[]) => Promise<ReadonlyMap<string, V>>, missing: V): Lookup<V> => {
  let open: { readonly keys: Set<string>; readonly answer: Promise<ReadonlyMap<string, V>> } | undefined;
  const start = () => {
    const keys = new Set<string>();
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      open = undefined;
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
