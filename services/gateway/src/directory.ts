import type { Session } from './session.ts';

/** The sockets of this process by user. */
export type Directory = {
  /** @returns whether it is the user's first socket here */
  add(userId: string, session: Session): boolean;
  /** @returns whether it was the user's last socket here */
  remove(userId: string, session: Session): boolean;
  count(userId: string): number;
  /** A copy. */
  of(userId: string): readonly Session[];
};

export const createDirectory = (): Directory => {
  const users = new Map<string, Set<Session>>();
  return {
    add(userId, session) {
      const sessions = users.get(userId);
      if (sessions !== undefined) {
        sessions.add(session);
        return false;
      }
      users.set(userId, new Set([session]));
      return true;
    },
    remove(userId, session) {
      const sessions = users.get(userId);
      if (sessions === undefined || !sessions.delete(session) || sessions.size > 0) return false;
      users.delete(userId);
      return true;
    },
    count: (userId) => users.get(userId)?.size ?? 0,
    of: (userId) => [...(users.get(userId) ?? [])],
  };
};
