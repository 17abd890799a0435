/** A map that keeps the `max` entries used last. */
export const createLru = <V>(max: number) => {
  const entries = new Map<string, V>();
  return {
    get: (key: string): V | undefined => {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key); // a Map iterates in the order of insertion: the first is the one not used for longest
      entries.set(key, value);
      return value;
    },
    set: (key: string, value: V): void => {
      entries.delete(key);
      entries.set(key, value);
      const [oldest] = entries.keys();
      if (entries.size > max && oldest !== undefined) entries.delete(oldest);
    },
    delete: (key: string): void => void entries.delete(key),
    clear: (): void => entries.clear(),
  };
};
