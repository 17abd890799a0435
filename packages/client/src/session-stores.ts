import type { Session, SessionStore } from './session.ts';

/** One after the other, whatever becomes of each. */
const createQueue = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => undefined); // its caller gets the error
    return next;
  };
};

/** Keeps the session in memory: it ends with the process or page. Instances that are given the same store share it. */
export const memorySession = (): SessionStore => {
  let kept: Session | undefined;
  const watchers = new Set<() => void>();
  return {
    read: async () => kept,
    write: async (session) => {
      kept = session;
      for (const changed of watchers) changed();
    },
    exclusively: createQueue(),
    watch: (changed) => {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
};

/** A tab that has hung with the lock must not hold up the others for ever. */
const lockTimeoutMs = 45_000;

const isSession = (value: unknown): value is Session =>
  typeof value === 'object' && value !== null && 'refreshToken' in value && 'userId' in value;

/**
 * Keeps the session in the browser's localStorage: it outlives the page, and all tabs of the origin share it, renewals (Web Locks) and the
 * sign-out included. Any script of the origin can read it: serve the page with a Content-Security-Policy.
 */
export const browserSession = (key = 'kuraxx-session'): SessionStore => {
  const queue = createQueue();
  return {
    async read() {
      try {
        const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
        return isSession(value) ? value : undefined;
      } catch {
        return undefined; // somebody else's value
      }
    },
    async write(session) {
      if (session === undefined) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(session));
    },
    // Pages without TLS have no Web Locks, save on localhost
    exclusively: (work) =>
      queue(() =>
        'locks' in navigator
          ? navigator.locks.request(key, { signal: AbortSignal.timeout(lockTimeoutMs) }, work)
          : work(),
      ),
    watch(changed) {
      const listener = (event: StorageEvent): void => {
        if (event.key === key || event.key === null) changed();
      };
      addEventListener('storage', listener);
      return () => removeEventListener('storage', listener);
    },
  };
};
