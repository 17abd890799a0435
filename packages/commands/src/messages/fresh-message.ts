import { type CheckpointWatch, decodeRecord, type EventLog, type Partition, Unavailable } from '@kuraxx/event-store';
import type { FoundMessage, MessageLookup } from './lookup.ts';

const waitMs = 2000;
/** How far back the log itself is searched when the read model is away. */
const searchedEvents = 5000;

type Needs = {
  readonly log: EventLog;
  readonly checkpoints: CheckpointWatch;
  readonly lookup: MessageLookup;
};

/** A message as of its room's newest edit, which is what an edit or a reply has to be decided on. */
export type FreshMessage = FoundMessage & { readonly lastEdit: number };

export const createFreshMessages = ({ log, checkpoints, lookup }: Needs) => {
  const waitFor = async (partition: Partition, sequence: number): Promise<void> => {
    if (sequence === 0) return;
    const reached = await checkpoints.waitFor({ epoch: log.epochOf(partition), partition, sequence }, waitMs);
    if (!reached) throw new Unavailable('the read model is behind');
  };

  /** The read model has seen every message and edit of the room as of now. @returns the last edit's sequence */
  const settleRoom = async (roomId: string): Promise<number> => {
    const [lastEdit, lastMessage, lastMeta] = await Promise.all([
      log.lastSequence({ kind: 'room', roomId, aspect: 'edit' }),
      log.lastSequence({ kind: 'room', roomId, aspect: 'msg' }),
      log.lastSequence({ kind: 'room', roomId, aspect: 'meta' }), // joins and leaves write SYSTEM messages
    ]);
    await waitFor(log.partitionOf(roomId), Math.max(lastEdit, lastMessage, lastMeta));
    return lastEdit;
  };

  const settleAll = async (): Promise<void> => {
    await Promise.all(
      log.partitions.map(async (partition) => {
        if (partition !== 'accounts') await waitFor(partition, await log.head(partition));
      }),
    );
  };

  /** Folds the room's last events. @returns `'unknown'` when it may be older than what was searched */
  const searchLog = async (roomId: string, messageId: string): Promise<FoundMessage | undefined | 'unknown'> => {
    const head = await log.head(log.partitionOf(roomId));
    const after = Math.max(0, head - searchedEvents);
    let found: FoundMessage | undefined;
    for await (const record of log.readRoom(roomId, { after, upTo: head })) {
      const event = decodeRecord(record);
      if (event === undefined) continue;
      if ('message' in event.data && event.data.message.id === messageId) {
        found = { snapshot: event.data.message, position: found?.position ?? record.position };
      } else if (event.type === 'MessageDeleted' && event.data.messageId === messageId && found !== undefined) {
        found = { ...found, snapshot: { ...found.snapshot, deletedAt: event.data.at } };
      }
    }
    return found ?? (after === 0 ? undefined : 'unknown');
  };

  return {
    /** @returns the room of a message; `undefined` when there is no such message. @throws {Unavailable} */
    locate: async (messageId: string): Promise<string | undefined> => {
      const known = await lookup(messageId);
      if (known !== undefined) return known.snapshot.roomId;
      await settleAll(); // its partition is not known: it may be on its way in any
      return (await lookup(messageId))?.snapshot.roomId;
    },
    /** @throws {Unavailable} when the read model is away or too far behind */
    find: async (roomId: string, messageId: string): Promise<FreshMessage | undefined> => {
      const lastEdit = await settleRoom(roomId);
      const found = await lookup(messageId);
      return found === undefined ? undefined : { ...found, lastEdit };
    },
    /** For replies: without the read model from the log's last part. @throws {Unavailable} when neither tells */
    findInRoom: async (roomId: string, messageId: string): Promise<FoundMessage | undefined> => {
      try {
        await settleRoom(roomId);
        return await lookup(messageId);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        const found = await searchLog(roomId, messageId);
        if (found === 'unknown') throw error;
        return found;
      }
    },
  };
};

export type FreshMessages = ReturnType<typeof createFreshMessages>;
