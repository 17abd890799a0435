/**
 * Lets calls of one key share work without giving anybody an old answer: who comes while it is under way gets the answer of the next run,
 * which starts after they came, together with everybody else who came meanwhile.
 */
export const shareNext = <T>(work: (key: string) => Promise<T>): ((key: string) => Promise<T>) => {
  const running = new Map<string, { readonly now: Promise<T>; next: Promise<T> | undefined }>();
  const start = (key: string): Promise<T> => {
    const now = work(key);
    const entry: { readonly now: Promise<T>; next: Promise<T> | undefined } = { now, next: undefined };
    running.set(key, entry);
    const end = (): void => {
      if (entry.next === undefined && running.get(key) === entry) running.delete(key);
    };
    now.then(end, end);
    return now;
  };
  return (key) => {
    const entry = running.get(key);
    if (entry === undefined) return start(key);
    const again = (): Promise<T> => start(key);
    entry.next ??= entry.now.then(again, again);
    return entry.next;
  };
};
