/**
 * A map that keeps the entries used last, as many as weigh `max` together.
 *
 * @param weightOf an entry's share of `max`; 1 by default, so that `max` is a number of entries
 */
export const createLru = <V>(max: number, weightOf: (value: V) => number = () => 1) => {
  const entries = new Map<string, V>();
  let weight = 0;
  const remove = (key: string): void => {
    const value = entries.get(key);
    if (value === undefined) return;
    entries.delete(key);
    weight -= weightOf(value);
  };
  return {
    get: (key: string): V | undefined => {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key); // a Map iterates in the order of insertion: the first is the one not used for longest
      entries.set(key, value);
      return value;
    },
    set: (key: string, value: V): void => {
      remove(key);
      entries.set(key, value);
      weight += weightOf(value);
      for (const oldest of entries.keys()) {
        if (weight <= max || oldest === key) break;
        remove(oldest);
      }
    },
    delete: remove,
    clear: (): void => {
      entries.clear();
      weight = 0;
    },
  };
};
