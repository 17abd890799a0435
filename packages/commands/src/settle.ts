import { type CheckpointWatch, type EventLog, type Partition, Unavailable } from '@kuraxx/event-store';

const waitMs = 2000;

/** Waits until the read model shows what the log holds as of the call. Everything throws {Unavailable} when it is too far behind. */
export const createSettle = (log: EventLog, checkpoints: CheckpointWatch) => {
  const waitFor = async (partition: Partition, sequence: number): Promise<void> => {
    if (sequence === 0) return;
    const reached = await checkpoints.waitFor({ epoch: log.epochOf(partition), partition, sequence }, waitMs);
    if (!reached) throw new Unavailable('the read model is behind');
  };
  return {
    /** Every message and edit of the room. @returns the last edit's sequence */
    room: async (roomId: string): Promise<number> => {
      const [lastEdit, lastMessage, lastMeta] = await Promise.all([
        log.lastSequence({ kind: 'room', roomId, aspect: 'edit' }),
        log.lastSequence({ kind: 'room', roomId, aspect: 'msg' }),
        log.lastSequence({ kind: 'room', roomId, aspect: 'meta' }), // joins and leaves write SYSTEM messages
      ]);
      await waitFor(log.partitionOf(roomId), Math.max(lastEdit, lastMessage, lastMeta));
      return lastEdit;
    },
    /** All rooms. */
    allRooms: async (): Promise<void> => {
      await Promise.all(
        log.partitions.map(async (partition) => {
          if (partition !== 'accounts') await waitFor(partition, await log.head(partition));
        }),
      );
    },
  };
};

export type Settle = ReturnType<typeof createSettle>;
