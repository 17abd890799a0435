/**
 * Runs work of one key one after the other, of different keys side by side, so that commands of this process don't run
 * into each other's expected sequence. An entry goes when its last work is done.
 */
export const createKeyedQueue = () => {
  const tails = new Map<string, Promise<unknown>>();
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const before = tails.get(key);
    const result = before === undefined ? work() : before.then(work, work);
    tails.set(key, result);
    void result
      .catch(() => undefined) // the caller hears of it
      .then(() => {
        if (tails.get(key) === result) tails.delete(key);
      });
    return result;
  };
};
