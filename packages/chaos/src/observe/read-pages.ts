import { message } from '@kuraxx/contracts';
import { z } from 'zod';
import type { Person } from '../clients/people.ts';
import type { Happening, Shown } from '../history/records.ts';

const page = z.object({ messages: z.array(message), hasMore: z.boolean(), nextCursor: z.string().nullable() });
const limit = 100;
const tries = 5;
const patienceMs = 30_000;

/** Reads a user's history of a room from its first page to its last, in turn from every api. */
const readAll = async (person: Person, roomId: string): Promise<Shown[]> => {
  const all: Shown[] = [];
  let cursor = '';
  for (let server = 0; ; server++) {
    const path = `/messages/history?roomId=${roomId}&limit=${limit}${cursor}`;
    let answer = await person.rest({ server, method: 'GET', path, patienceMs });
    for (let again = 1; answer.status !== 200 && again < tries; again++) {
      answer = await person.rest({ server: server + again, method: 'GET', path, patienceMs });
    }
    if (answer.status !== 200)
      throw new Error(`the history of ${roomId} can't be read: ${answer.status} ${answer.code}`);
    const { messages, nextCursor } = page.parse(answer.data);
    for (const { id, content, senderId, editedAt } of messages) all.push({ id, content, senderId, editedAt });
    if (nextCursor === null) return all;
    cursor = `&cursor=${nextCursor}`;
  }
};

/** Records what every member reads of every room. @param isMember as the log says */
export const readPages = async (
  people: readonly Person[],
  roomIds: readonly string[],
  isMember: (userId: string, roomId: string) => boolean,
  record: (happening: Happening) => void,
): Promise<void> => {
  for (const roomId of roomIds) {
    for (const person of people) {
      const { userId } = person;
      if (!isMember(userId, roomId)) continue;
      record({ type: 'pages', userId, roomId, messages: await readAll(person, roomId) });
    }
  }
};
