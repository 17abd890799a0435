import { randomUUID } from 'node:crypto';
import { type ChatEvent, type MessageSnapshot, newMessage } from '@kuraxx/domain';
import { openEventLog } from '@kuraxx/event-store';
import { migrateReadModel, openReadModel, type ReadModel } from '@kuraxx/read-model';
import { type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection } from 'nats';

/** A log and a read model of a test's own. */
export type World = {
  readonly nats: FreshServer;
  readonly connection: NatsConnection;
  readonly log: Awaited<ReturnType<typeof openEventLog>>;
  readonly databaseUrl: string;
  readonly model: ReadModel;
  /** Creates a room in a partition. @returns its id */
  createRoom(partition: number, owner?: string): Promise<string>;
  /** Sends a number of messages to a room, in order. @returns their ids */
  send(roomId: string, count: number): Promise<string[]>;
  /** Ids of a room's messages in the read model, oldest first. */
  rows(roomId: string): Promise<string[]>;
  close(): Promise<void>;
};

const now = () => new Date().toISOString();

const messageOf = (roomId: string, senderId: string): MessageSnapshot =>
  newMessage({
    messageId: randomUUID(),
    roomId,
    content: 'ahoy',
    type: 'TEXT',
    sender: { id: senderId, username: 'mira', displayName: 'Mira', avatarUrl: null, isOnline: false, lastSeenAt: null },
    replyTo: null,
    at: now(),
  });

const historyOf = async (model: ReadModel, roomId: string): Promise<string[]> => {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await model.queries.history(roomId, { limit: 100, cursor });
    ids.push(...page.messages.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return ids.toReversed();
};

export const openWorld = async (databaseUrl: string): Promise<World> => {
  const nats = await freshNats();
  const connection = await connect({ servers: nats.url, maxReconnectAttempts: -1 });
  const log = await openEventLog({ nats: connection, roomPartitions: 2, source: 'kuraxx/test' });
  await migrateReadModel(databaseUrl);
  const model = await openReadModel({ databaseUrl });

  return {
    nats,
    connection,
    log,
    databaseUrl,
    model,
    createRoom: async (partition, owner = randomUUID()) => {
      let roomId = randomUUID();
      while (log.partitionOf(roomId) !== partition) roomId = randomUUID();
      const created: ChatEvent = {
        type: 'RoomCreated',
        data: {
          roomId,
          name: 'Crew',
          description: null,
          type: 'PUBLIC',
          topics: [],
          hasPasscode: false,
          createdById: owner,
          members: [{ membershipId: randomUUID(), userId: owner, role: 'OWNER' }],
          at: now(),
        },
      };
      await log.append({ kind: 'room', roomId, aspect: 'meta' }, created, { expectedSequence: 0 });
      return roomId;
    },
    send: async (roomId, count) => {
      const messages = Array.from({ length: count }, () => messageOf(roomId, 'mira'));
      for (const message of messages) {
        const event: ChatEvent = { type: 'MessageSent', data: { message } };
        await log.append({ kind: 'room', roomId, aspect: 'msg' }, event, { eventId: message.id });
      }
      return messages.map(({ id }) => id);
    },
    rows: (roomId) => historyOf(model, roomId),
    close: async () => {
      await model.close();
      await log.close();
      await connection.close();
      await nats.remove();
    },
  };
};
