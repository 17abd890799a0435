import type { Send } from './core/outbox.ts';

/**
 * Where sends wait for their acknowledgement over the end of a process or page. Optional: without it they wait in memory. Sharers may send
 * the same one twice: it is stored once all the same.
 */
export type OutboxStore = {
  /** In the order of `put`. */
  read(): Promise<readonly Send[]>;
  put(send: Send): Promise<void>;
  remove(tempId: string): Promise<void>;
};

const isSend = (value: unknown): value is Send =>
  typeof value === 'object' && value !== null && 'tempId' in value && 'roomId' in value && 'senderId' in value;

/** Keeps sends in the browser's localStorage, each under a key of its own, so that tabs don't overwrite each other's. */
export const browserOutbox = (prefix = 'kuraxx-send:'): OutboxStore => ({
  async read() {
    const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? '');
    return keys
      .filter((key) => key.startsWith(prefix))
      .toSorted() // by tempId, a UUIDv7: by time
      .flatMap((key) => {
        try {
          const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
          return isSend(value) ? [value] : [];
        } catch {
          return []; // somebody else's value
        }
      });
  },
  put: async (send) => localStorage.setItem(prefix + send.tempId, JSON.stringify(send)),
  remove: async (tempId) => localStorage.removeItem(prefix + tempId),
});
