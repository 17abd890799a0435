import type { RoomAt } from '@kuraxx/contracts';
import { type MessageSnapshot, namelessMessage, Refusal, type RepliedMessage } from '@kuraxx/domain';
import {
  type Budget,
  createBudget,
  type EventLog,
  findSequenceAt,
  formatPosition,
  parsePosition,
  readRoomAt,
  TooManyEvents,
} from '@kuraxx/event-store';
import type { ReadModel } from '@kuraxx/read-model';

/** So many events are read for one answer, also where it first has to be found where the log was at a time; at some 50,000 a second that is as long as a request may take. */
const maxEvents = 200_000;

/** When: a position of the room's log, or a time; `before` is the `before` of the page that came before. */
export type Moment = {
  readonly position?: string | undefined;
  readonly time?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
};

type Needs = {
  readonly log: Pick<EventLog, 'head' | 'partitionOf' | 'epochOf' | 'readRoom' | 'readSubject'>;
  readonly findMessages: ReadModel['queries']['findMessages'];
  readonly isDeletedAccount: (userId: string) => Promise<boolean>;
};

export type RoomsAt = {
  /**
   * What a room was like then. Contents that were deleted since are not shown again, nor are the names of accounts that are gone.
   *
   * @throws {Refusal} VALIDATION_ERROR for a position of another log, or when too much would have to be read
   * @throws {Unavailable}
   */
  read(roomId: string, moment: Moment): Promise<RoomAt>;
};

/** Looks a room up as it was. */
export const createRoomsAt = ({ log, findMessages, isDeletedAccount }: Needs): RoomsAt => {
  const sequenceIn = (roomId: string, name: string, text: string): number => {
    const position = parsePosition(text);
    const partition = log.partitionOf(roomId);
    if (position?.partition !== partition || position.epoch !== log.epochOf(partition)) {
      throw new Refusal('VALIDATION_ERROR', `${name}: not a position of this room's log`);
    }
    return position.sequence;
  };

  const upToOf = async (roomId: string, { position, time }: Moment, spend: Budget): Promise<number> => {
    if (position !== undefined) {
      const sequence = sequenceIn(roomId, 'position', position);
      return Math.min(await log.head(log.partitionOf(roomId)), sequence);
    }
    if (time === undefined) throw new Refusal('VALIDATION_ERROR', 'position or time: one of them');
    return findSequenceAt(log, roomId, new Date(time).toISOString(), spend);
  };

  /** Fails closed: what the read model doesn't know may have been deleted. */
  const withoutDeleted = async (messages: readonly MessageSnapshot[]): Promise<MessageSnapshot[]> => {
    const ids = new Set(messages.flatMap(({ id, replyTo }) => (replyTo === null ? [id] : [id, replyTo.id])));
    const now = ids.size === 0 ? new Map() : await findMessages([...ids]);
    const hide = <T extends RepliedMessage>(message: T): T => {
      const known: { readonly snapshot: MessageSnapshot } | undefined = now.get(message.id);
      const deletedAt = known === undefined ? message.createdAt : known.snapshot.deletedAt;
      return deletedAt === null ? message : { ...message, content: '', deletedAt };
    };
    return messages.map((message) => {
      const shown = hide(message);
      const attachments = shown.deletedAt === null ? shown.attachments : [];
      return { ...shown, attachments, replyTo: shown.replyTo === null ? null : hide(shown.replyTo) };
    });
  };

  const withoutGoneNames = async (messages: readonly MessageSnapshot[]): Promise<MessageSnapshot[]> => {
    const senderIds = [...new Set(messages.map(({ senderId }) => senderId))];
    const verdicts = await Promise.all(senderIds.map(isDeletedAccount));
    const gone = new Set(senderIds.filter((_, index) => verdicts[index]));
    return messages.map((message) => (gone.has(message.senderId) ? namelessMessage(message) : message));
  };

  const read = async (roomId: string, moment: Moment): Promise<RoomAt> => {
    const spend = createBudget(maxEvents);
    const upTo = await upToOf(roomId, moment, spend);
    const before = moment.before === undefined ? undefined : sequenceIn(roomId, 'before', moment.before);
    const page = await readRoomAt(log, roomId, { upTo, before, limit: moment.limit, spend });
    const partition = log.partitionOf(roomId);
    const textOf = (sequence: number): string => formatPosition({ epoch: log.epochOf(partition), partition, sequence });
    const { room } = page;
    const isOpen = room.status === 'open';
    return {
      position: textOf(upTo),
      room: isOpen
        ? {
            id: room.roomId,
            name: room.name,
            description: room.description,
            type: room.type,
            avatarUrl: room.avatarUrl,
            createdById: room.createdById,
            createdAt: room.createdAt,
            updatedAt: room.updatedAt,
            topics: [...room.topics],
          }
        : null,
      members: isOpen
        ? [...room.members].map(([userId, { membershipId, role, joinedAt }]) => ({
            id: membershipId,
            userId,
            role,
            joinedAt,
          }))
        : [],
      messages: await withoutGoneNames(await withoutDeleted(page.messages)),
      before: page.before === undefined ? null : textOf(page.before),
    };
  };

  return {
    read: async (roomId, moment) => {
      try {
        return await read(roomId, moment);
      } catch (error) {
        if (!(error instanceof TooManyEvents)) throw error;
        throw new Refusal(
          'VALIDATION_ERROR',
          `Too much has happened in this room to look back so far: ${error.message}`,
          {
            cause: error,
          },
        );
      }
    },
  };
};
