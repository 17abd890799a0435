import {
  decodeRecord,
  type EventLog,
  type LogRecord,
  type StoredEvent,
  Unavailable,
  UnreadableEvent,
} from '@kuraxx/event-store';
import type { Settle } from '../settle.ts';
import type { FoundMessage, MessageLookup } from './lookup.ts';

/** How far back the log itself is searched when the read model is away. */
const searchedEvents = 5000;

type Needs = {
  readonly log: EventLog;
  readonly settle: Settle;
  readonly lookup: MessageLookup;
};

/** A message as of its room's newest edit, which is what an edit or a reply has to be decided on. */
export type FreshMessage = FoundMessage & { readonly lastEdit: number };

/** @returns undefined when this build can't read it */
const decodeOrSkip = (record: LogRecord): StoredEvent | undefined => {
  try {
    return decodeRecord(record);
  } catch (error) {
    if (error instanceof UnreadableEvent) return undefined;
    throw error;
  }
};

export const createFreshMessages = ({ log, settle, lookup }: Needs) => {
  /** Folds the room's last events. @returns `'unknown'` when it may be older than what was searched */
  const searchLog = async (roomId: string, messageId: string): Promise<FoundMessage | undefined | 'unknown'> => {
    const head = await log.head(log.partitionOf(roomId));
    const after = Math.max(0, head - searchedEvents);
    let found: FoundMessage | undefined;
    for await (const record of log.readRoom(roomId, { after, upTo: head })) {
      const event = decodeOrSkip(record);
      if (event === undefined) return 'unknown'; // it may be about this very message
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
      await settle.allRooms(); // its partition is not known: it may be on its way in any
      return (await lookup(messageId))?.snapshot.roomId;
    },
    /** @throws {Unavailable} when the read model is away or too far behind */
    find: async (roomId: string, messageId: string): Promise<FreshMessage | undefined> => {
      const lastEdit = await settle.room(roomId);
      const found = await lookup(messageId);
      return found === undefined ? undefined : { ...found, lastEdit };
    },
    /** For replies: without the read model from the log's last part. @throws {Unavailable} when neither tells */
    findInRoom: async (roomId: string, messageId: string): Promise<FoundMessage | undefined> => {
      try {
        await settle.room(roomId);
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
