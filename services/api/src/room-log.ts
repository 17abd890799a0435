import type { RoomLogEntry } from '@kuraxx/contracts';
import { type ChatEvent, unknownUserId } from '@kuraxx/domain';
import {
  type CheckpointWatch,
  decodeRecord,
  type EventLog,
  formatPosition,
  type LogRecord,
  parsePosition,
  UnreadableEvent,
} from '@kuraxx/event-store';

export type RoomLog = {
  /**
   * Events of a room in the log's order: those that follow `after`, or the last ones without it (also when `after` is not of this room's log).
   *
   * @throws {Unavailable}
   */
  read(roomId: string, page: { readonly after?: string | undefined; readonly limit: number }): Promise<RoomLogEntry[]>;
};

/** Who did it, and to which message. */
const subjectOf = ({ data }: ChatEvent): Pick<RoomLogEntry, 'userId' | 'messageId'> => {
  const message = 'message' in data ? data.message : undefined;
  const messageId = message?.id ?? ('messageId' in data ? data.messageId : null);
  if ('by' in data) return { userId: data.by === unknownUserId ? null : data.by, messageId };
  if ('createdById' in data) return { userId: data.createdById, messageId };
  if ('fromUserId' in data) return { userId: data.fromUserId, messageId };
  return { userId: message?.senderId ?? ('userId' in data ? data.userId : null), messageId };
};

const readable = (record: LogRecord): Pick<RoomLogEntry, 'userId' | 'messageId'> => {
  try {
    return subjectOf(decodeRecord(record));
  } catch (error) {
    if (error instanceof UnreadableEvent) return { userId: null, messageId: null }; // still an event that is there
    throw error;
  }
};

/** The first stretch that is looked at for the last events; each next one is so many times longer. */
const firstStretch = 256;
const stretchFactor = 8;

/** What an admin may see of a room's log: what happened, when and by whom, but no contents, which people may have deleted since. */
export const createRoomLog = (
  log: Pick<EventLog, 'head' | 'partitionOf' | 'epochOf' | 'readRoom'>,
  checkpoints: Pick<CheckpointWatch, 'reachedAtMs'>,
): RoomLog => {
  const entryOf = (record: LogRecord): RoomLogEntry => {
    const reachedAtMs = checkpoints.reachedAtMs(record.position);
    return {
      position: formatPosition(record.position),
      type: record.wireType,
      at: record.time,
      ...readable(record),
      bytes: record.data.length,
      projectedAt: reachedAtMs === undefined ? null : new Date(reachedAtMs).toISOString(),
    };
  };

  const firstAfter = async (roomId: string, after: number, upTo: number, limit: number): Promise<LogRecord[]> => {
    const found: LogRecord[] = [];
    for await (const record of log.readRoom(roomId, { after, upTo })) {
      found.push(record);
      if (found.length === limit) break;
    }
    return found;
  };

  /** A room's events lie thinly or thickly among those of others: looks back in longer and longer stretches. */
  const lastOf = async (roomId: string, head: number, limit: number): Promise<LogRecord[]> => {
    for (let stretch = firstStretch; ; stretch *= stretchFactor) {
      const after = Math.max(0, head - stretch);
      let found: LogRecord[] = [];
      for await (const record of log.readRoom(roomId, { after, upTo: head })) found = [...found, record].slice(-limit);
      if (found.length === limit || after === 0) return found;
    }
  };

  return {
    async read(roomId, { after, limit }) {
      const partition = log.partitionOf(roomId);
      const head = await log.head(partition);
      const from = after === undefined ? undefined : parsePosition(after);
      const isOurs = from?.epoch === log.epochOf(partition) && from.partition === partition;
      const records = isOurs ? await firstAfter(roomId, from.sequence, head, limit) : await lastOf(roomId, head, limit);
      return records.map(entryOf);
    },
  };
};
