import { type Recorded, type RecordedOf, recordsOf, type Write } from '../history/records.ts';
import { type LogEvent, messageOf } from './log-event.ts';
import type { Violation } from './violation.ts';

type Wish = { readonly userId: string; readonly write: Write };

/** Whether an event is what a write wanted. */
const fulfils = (placed: LogEvent, wish: Wish): boolean => {
  const { event } = placed;
  const { userId, write } = wish;
  const name = nameOf(wish);
  if (name !== undefined) return name === nameOfEvent(placed);
  if (event.type === 'MemberJoined' || event.type === 'MemberLeft') {
    const kind = event.type === 'MemberJoined' ? 'join' : 'leave';
    return write.kind === kind && event.data.userId === userId && event.data.roomId === write.roomId;
  }
  if (event.type === 'MemberAdded' || event.type === 'MemberRemoved') {
    const kind = event.type === 'MemberAdded' ? 'add' : 'remove';
    return write.kind === kind && event.data.userId === write.target && event.data.roomId === write.roomId;
  }
  return false;
};

/** What tells a write from every other; joins and the like have no name of their own. */
const nameOf = ({ userId, write }: Wish): string | undefined => {
  if (write.kind === 'send') return `send ${userId} ${write.roomId} ${write.tempId}`;
  if (write.kind === 'edit') return `edit ${write.messageId} ${write.content}`;
  return write.kind === 'delete' ? `delete ${write.messageId}` : undefined;
};

const nameOfEvent = ({ event }: LogEvent): string | undefined => {
  if (event.type === 'MessageSent') {
    const { message, tempId } = event.data;
    return tempId === undefined ? undefined : `send ${message.senderId} ${message.roomId} ${tempId}`;
  }
  if (event.type === 'MessageEdited') return `edit ${event.data.message.id} ${event.data.message.content}`;
  return event.type === 'MessageDeleted' ? `delete ${event.data.messageId}` : undefined;
};

const groupBy = <T>(list: readonly T[], keyOf: (one: T) => string | undefined): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
};

const checkAcknowledged = (
  asked: RecordedOf<'write'>,
  attempt: RecordedOf<'attempt'>,
  named: ReadonlyMap<string, LogEvent[]>,
  at: ReadonlyMap<string, LogEvent>,
): Violation[] => {
  const wrong = (what: string, ...events: readonly (LogEvent | undefined)[]): Violation[] => [
    { rule: 'acknowledged', what, evidence: [asked, attempt, ...events.filter((event) => event !== undefined)] },
  ];
  const { write } = asked;
  const name = nameOf(asked);
  const stored = name === undefined ? undefined : (named.get(name) ?? []);
  if (stored?.length === 0) return wrong(`an acknowledged ${write.kind} is not in the log`);
  const placed = attempt.position === undefined ? undefined : at.get(attempt.position);
  if (attempt.position !== undefined) {
    if (placed === undefined) return wrong(`a ${write.kind} was acknowledged at a position that the log doesn't have`);
    if (!fulfils(placed, asked))
      return wrong(`a ${write.kind} was acknowledged at the position of another event`, placed);
  }
  if (write.kind !== 'send') return [];
  const [first] = stored ?? [];
  const message = first && messageOf(first);
  if (attempt.messageId !== message?.id) return wrong('a send was acknowledged under the id of another message', first);
  return [];
};

/** Rules `acknowledged`, `once` and `refused`: what clients wrote, against the log. */
export const checkWrites = (history: readonly Recorded[], log: readonly LogEvent[]): Violation[] => {
  const named = groupBy(log, nameOfEvent);
  const at = new Map(log.map((event) => [event.position, event]));
  const writes = new Map(recordsOf(history, 'write').map((write) => [write.op, write]));
  const attempts = recordsOf(history, 'attempt');

  const acknowledged = attempts.flatMap((attempt) => {
    const asked = writes.get(attempt.op);
    if (asked === undefined || attempt.outcome !== 'acknowledged') return [];
    return checkAcknowledged(asked, attempt, named, at);
  });

  const doubled = (what: string, groups: ReadonlyMap<string, LogEvent[]>): Violation[] =>
    [...groups.values()]
      .filter((events) => events.length > 1)
      .map((events) => ({ rule: 'once', what, evidence: events }));
  const isBirth = ({ event }: LogEvent): boolean => event.type !== 'MessageEdited';
  const once = [
    ...doubled(
      'an event id is in the log twice',
      groupBy(log, ({ eventId }) => eventId),
    ),
    ...doubled('a write is in the log twice', named),
    ...doubled(
      'two events make the same message',
      groupBy(log.filter(isBirth), (event) => messageOf(event)?.id),
    ),
  ];

  const attemptsByOp = groupBy(attempts, ({ op }) => String(op));
  const refused = [...groupBy([...writes.values()], nameOf)].flatMap(([name, group]): Violation[] => {
    const all = group.flatMap(({ op }) => attemptsByOp.get(String(op)) ?? []);
    const stored = named.get(name);
    if (stored === undefined || group.some(({ write }) => write.kind === 'delete')) return []; // others may delete it as well
    if (all.length === 0 || all.some(({ outcome }) => outcome !== 'refused')) return [];
    return [{ rule: 'refused', what: 'a refused write is in the log', evidence: [...group, ...all, ...stored] }];
  });
  return [...acknowledged, ...once, ...refused];
};
