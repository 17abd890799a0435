import { setTimeout as delay } from 'node:timers/promises';
import type { Swarm } from './swarm.ts';
import { createTally } from './tally.ts';

/** Sockets in rooms of one size: socket s is in room ⌊s / roomSize⌋. */
export type Layout = { readonly roomSize: number; readonly rooms: readonly string[] };

export type LoopResult = {
  readonly deliveries: number;
  readonly seconds: number;
  readonly missing: number;
  readonly doubled: number;
};

const warmUpMs = 300;
/** What is under way at the end may take so long before it counts as missing. */
const settleMs = 15_000;
/** What comes twice comes soon. */
const quietMs = 200;

/**
 * Keeps `inFlight` messages under way in every room: the next one goes out when one has reached every socket of the room.
 *
 * @param onStart called when warm, at the begin of what counts
 * @param onEnd called at its end
 */
export const runClosedLoop = async (
  swarm: Swarm,
  layout: Layout,
  options: { readonly inFlight: number; readonly seconds: number },
  onStart: () => Promise<void>,
  onEnd: () => Promise<void>,
): Promise<LoopResult> => {
  const { roomSize, rooms } = layout;
  const tally = createTally(swarm.size, rooms.length, (socket) => Math.floor(socket / roomSize));
  const remaining = new Map<number, number>(); // by message
  let next = 0;
  let deliveries = 0;
  let stopping = false;
  const idle = Promise.withResolvers<void>();

  const sendTo = (room: number): void => {
    if (stopping) {
      if (remaining.size === 0) idle.resolve();
      return;
    }
    const number = next++ * rooms.length + room; // so the number says the room
    const sender = room * roomSize + (next % roomSize);
    remaining.set(number, roomSize);
    tally.sent(room, number);
    swarm.send(sender, rooms[room] ?? '', number);
  };
  swarm.onDelivery((socket, number) => {
    deliveries += 1;
    tally.received(socket, number);
    const left = (remaining.get(number) ?? 0) - 1;
    if (left > 0) remaining.set(number, left);
    else if (remaining.delete(number)) sendTo(number % rooms.length);
  });

  for (let index = 0; index < options.inFlight * rooms.length; index++) sendTo(index % rooms.length);
  await delay(warmUpMs);
  await onStart();
  const before = deliveries;
  const begun = performance.now();
  await delay(options.seconds * 1000);
  const seconds = (performance.now() - begun) / 1000;
  const counted = deliveries - before;
  await onEnd();
  stopping = true;
  if (remaining.size > 0) await Promise.race([idle.promise, delay(settleMs)]);
  await delay(quietMs);
  swarm.onDelivery(() => undefined);
  return { deliveries: counted, seconds, ...tally.verdict() };
};
