import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from 'nats';
import { roomLogsOf } from '../check/room-log.ts';
import type { Crowd } from '../clients/crowd.ts';
import type { ChaosSystem } from '../system/system.ts';
import type { LogReader } from './read-log.ts';
import { readMirrorPositions } from './read-mirror.ts';
import { readCheckpoints } from './read-rows.ts';

const lookMs = 250;

type Needs = {
  readonly system: ChaosSystem;
  readonly nats: NatsConnection;
  readonly log: LogReader;
  readonly crowd: Crowd;
};

const behind = (what: string, is: ReadonlyMap<string, number>, heads: ReadonlyMap<string, number>): string[] =>
  [...heads].flatMap(([partition, head]) => {
    const at = is.get(partition) ?? 0;
    return at >= head ? [] : [`${what} of partition ${partition} is at ${at} of ${head}`];
  });

/** @returns what has not caught up yet */
const lookForUnrest = async ({ system, nats, log, crowd }: Needs): Promise<string[]> => {
  const missing = system.missing().map((name) => `${name} does not run`);
  if (missing.length > 0) return missing;
  const rooms = roomLogsOf(await log.read());
  const heads = log.heads;
  const roomHeads = new Map([...heads].filter(([partition]) => partition !== 'accounts'));
  const unseen = crowd.roomIds.flatMap((roomId) => {
    const room = rooms.get(roomId);
    const last = room?.framed.at(-1)?.position;
    return crowd.devices.flatMap((device, number) => {
      if (room?.members.has(device.userId) !== true) return [];
      if (!device.isIn(roomId)) return [`device ${number} is not in room ${roomId}`];
      return last === undefined || device.seen(roomId) === last
        ? []
        : [`device ${number} has seen room ${roomId} up to ${device.seen(roomId)} of ${last}`];
    });
  });
  return [
    ...behind('the read model', await readCheckpoints(system.servers.postgres.url), heads),
    ...behind('the mirror', await readMirrorPositions(nats), roomHeads),
    ...crowd.consumers.flatMap(({ isSubscribed }, index) => (isSubscribed ? [] : [`consumer ${index} is away`])),
    ...unseen,
  ];
};

/**
 * Waits until everything runs, every reader has reached the end of the log and every socket has been shown it.
 *
 * @returns what had not come to rest within the time; empty when all is quiet
 */
export const waitForQuiet = async (needs: Needs, timeoutMs: number): Promise<string[]> => {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const unrest = await lookForUnrest(needs).catch((error: unknown) => [
      `it could not be looked at: ${String(error)}`,
    ]);
    if (unrest.length === 0 || Date.now() > until) return unrest;
    await delay(lookMs);
  }
};
