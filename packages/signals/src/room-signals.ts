import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { hear } from './hear.ts';
import { tell } from './tell.ts';

const roomSignal = z.object({
  type: z.enum(['typing:start', 'typing:stop', 'room:join', 'room:leave']),
  roomId: z.string(),
  userId: z.string(),
  username: z.string(),
});

/** Something that is worth showing and not worth keeping: somebody types, or has opened or closed the room on a socket. */
export type RoomSignal = z.infer<typeof roomSignal>;

const prefix = 'kuraxx.signal.room.';

/** Tells all processes. At most once, in order per connection; lost while NATS is away. */
export const publishRoomSignal = (nats: NatsConnection, signal: RoomSignal): void =>
  tell(nats, `${prefix}${signal.roomId}`, signal);

/**
 * Hears the signals of one room, or of all (`*`), one's own included.
 *
 * @returns how to stop
 */
export const followRoomSignals = (
  nats: NatsConnection,
  roomId: string,
  listener: (signal: RoomSignal) => void,
): (() => void) => hear(nats, `${prefix}${roomId}`, roomSignal, listener);
