import { type Chat, inParallel } from '../chat.ts';
import { kuraxxDialect } from '../load/dialects.ts';
import { openSwarm } from '../load/swarm.ts';

/** Sockets of as many users, each alone in a room, that send to themselves. */
export const openSenders = async (chat: Chat, count: number) => {
  const users = chat.users.slice(0, count);
  const rooms = await inParallel(users, (user) => chat.openRoom([user]));
  const swarm = await openSwarm(kuraxxDialect(chat.system.wsUrl, users), count);
  await inParallel(rooms, (room, socket) => swarm.join(socket, [room]));

  let next = 0;
  const waiting = new Map<number, () => void>();
  const got = new Set<number>();
  let doubled = 0;
  swarm.onDelivery((_socket, number) => {
    if (got.has(number)) doubled += 1;
    got.add(number);
    waiting.get(number)?.();
    waiting.delete(number);
  });
  return {
    /** Sends one message; resolves when it is delivered to its sender, stored. */
    sendOne: (): Promise<void> =>
      new Promise((resolve) => {
        const number = next++;
        const socket = number % count;
        waiting.set(number, resolve);
        swarm.send(socket, rooms[socket] ?? '', number);
      }),
    faults: () => ({ missing: waiting.size, doubled }),
    close: () => swarm.close(),
  };
};
