import type { MessageSnapshot } from '@kuraxx/domain';
import type { Position } from '@kuraxx/event-store';

export type FoundMessage = { readonly snapshot: MessageSnapshot; readonly position: Position };

/** Reads messages by id from the read model. @throws {Unavailable} */
export type FindMessages = (ids: string[]) => Promise<Map<string, FoundMessage>>;

const maxPerQuery = 1000;

/** Look-ups of one tick become one query. */
export const createMessageLookup = (findMessages: FindMessages) => {
  type Waiting = { id: string; resolve: (found: FoundMessage | undefined) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];

  const ask = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const found = await findMessages([...new Set(batch.map(({ id }) => id))]);
      for (const { id, resolve } of batch) resolve(found.get(id));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const flush = (): void => {
    const all = waiting;
    waiting = [];
    for (let start = 0; start < all.length; start += maxPerQuery) void ask(all.slice(start, start + maxPerQuery));
  };
  return (id: string): Promise<FoundMessage | undefined> =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ id, resolve, reject });
    });
};

export type MessageLookup = ReturnType<typeof createMessageLookup>;
