import type { LogEvent } from './log-event.ts';
import type { RoomLog } from './room-log.ts';
import type { Violation } from './violation.ts';

/** A table's rows as JSON texts, each with its columns in one order. */
export type Tables = ReadonlyMap<string, readonly string[]>;

/** What the read model says, in the checker's own words. */
export type Rows = {
  readonly messages: readonly {
    readonly id: string;
    readonly roomId: string;
    readonly sequence: number;
    readonly senderId: string;
    readonly content: string;
    readonly isEdited: boolean;
    readonly isDeleted: boolean;
  }[];
  readonly members: readonly { readonly roomId: string; readonly userId: string }[];
  readonly rooms: readonly { readonly id: string; readonly messageCount: number; readonly memberCount: number }[];
  readonly users: readonly { readonly id: string }[];
};

const maxDifferences = 5;

/** @returns the lines that only one of the two has, a few of each */
const differences = (is: readonly string[], ought: readonly string[]): string[] => {
  const count = (lines: readonly string[]): Map<string, number> => {
    const counts = new Map<string, number>();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    return counts;
  };
  const [had, wanted] = [count(is), count(ought)];
  const more = [...had].filter(([line, times]) => times > (wanted.get(line) ?? 0));
  const fewer = [...wanted].filter(([line, times]) => times > (had.get(line) ?? 0));
  return [
    ...more.slice(0, maxDifferences).map(([line]) => `too much: ${line}`),
    ...fewer.slice(0, maxDifferences).map(([line]) => `missing: ${line}`),
  ];
};

const compare = (
  rule: 'rows' | 'replay',
  what: string,
  is: readonly string[],
  ought: readonly string[],
): Violation[] => {
  const evidence = differences(is, ought);
  return evidence.length === 0 ? [] : [{ rule, what, evidence }];
};

/** Rule `rows`: the read model holds what the log comes to, each message once. */
export const checkRows = (rows: Rows, rooms: ReadonlyMap<string, RoomLog>, log: readonly LogEvent[]): Violation[] => {
  const open = [...rooms.values()].filter(({ isDeleted }) => !isDeleted);
  // of a deleted message only its being deleted counts
  const messageLine = (message: Omit<Rows['messages'][number], 'roomId'>, roomId: string): string =>
    JSON.stringify([
      roomId,
      message.sequence,
      message.id,
      message.senderId,
      message.isDeleted ? 'deleted' : [message.isEdited, message.content],
    ]);
  const registered = log.flatMap(({ event }) => (event.type === 'UserRegistered' ? [event.data.userId] : []));
  return [
    ...compare(
      'rows',
      'the messages of the read model are not those of the log',
      rows.messages.map((message) => messageLine(message, message.roomId)),
      open.flatMap(({ roomId, messages }) =>
        messages.map((message) => messageLine({ ...message, isEdited: message.editedAt !== null }, roomId)),
      ),
    ),
    ...compare(
      'rows',
      'the members of the read model are not those of the log',
      rows.members.map(({ roomId, userId }) => `${userId} in ${roomId}`),
      open.flatMap(({ roomId, members }) => [...members].map((userId) => `${userId} in ${roomId}`)),
    ),
    ...compare(
      'rows',
      'the rooms of the read model are not those of the log',
      rows.rooms.map(({ id, messageCount, memberCount }) => `${id}: ${messageCount} messages, ${memberCount} members`),
      open.map(({ roomId, messages, members }) => `${roomId}: ${messages.length} messages, ${members.size} members`),
    ),
    ...compare(
      'rows',
      'the users of the read model are not those of the log',
      rows.users.map(({ id }) => id),
      registered,
    ),
  ];
};

/** Rule `replay`: table by table, the rows that serve are those of a replay into an empty schema. */
export const checkReplay = (serving: Tables, replayed: Tables): Violation[] =>
  [...new Set([...serving.keys(), ...replayed.keys()])].flatMap((table) =>
    compare(
      'replay',
      `the table ${table} is not what a replay of the log gives`,
      serving.get(table) ?? [],
      replayed.get(table) ?? [],
    ),
  );
