import { type Recorded, recordsOf } from '../history/records.ts';
import type { FinalMessage, RoomLog } from './room-log.ts';
import type { Violation } from './violation.ts';

const text = (message: Pick<FinalMessage, 'id' | 'content' | 'senderId' | 'editedAt'>): string =>
  JSON.stringify([message.id, message.senderId, message.editedAt, message.content]);

/** Rule `pages`: everybody's pages, put together, are the room's messages in the log's order, without deleted ones. */
export const checkPages = (history: readonly Recorded[], rooms: ReadonlyMap<string, RoomLog>): Violation[] =>
  recordsOf(history, 'pages').flatMap((pages): Violation[] => {
    const expected = (rooms.get(pages.roomId)?.messages ?? []).filter(({ isDeleted }) => !isDeleted).toReversed();
    const length = Math.max(expected.length, pages.messages.length);
    for (let index = 0; index < length; index++) {
      const [is, ought] = [pages.messages[index], expected[index]];
      if (is !== undefined && ought !== undefined && text(is) === text(ought)) continue;
      return [
        {
          rule: 'pages',
          what: `message ${index} of the history of room ${pages.roomId}, as ${pages.userId} reads it, is not the log's`,
          evidence: [
            `page: ${is === undefined ? 'nothing' : text(is)}`,
            `log: ${ought === undefined ? 'nothing' : text(ought)}`,
          ],
        },
      ];
    }
    return [];
  });
