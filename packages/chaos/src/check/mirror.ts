import { type RedisChannel, redisChannels, redisEnvelope } from '@kuraxx/contracts';
import { type Recorded, type RecordedOf, recordsOf } from '../history/records.ts';
import type { LogEvent } from './log-event.ts';
import type { RoomLog } from './room-log.ts';
import type { Violation } from './violation.ts';

/** One publish that an event calls for; `name` tells it from every other of the room. */
type Expected = { readonly name: string; readonly event: LogEvent };

const isChannel = (channel: string): channel is RedisChannel => Object.hasOwn(redisChannels, channel);

const savedName = ({ id, content }: { readonly id: string; readonly content: string }): string =>
  `messages:saved ${id} ${content}`;

const namesOf = ({ event, via, time }: LogEvent): string[] => {
  if (event.type === 'MessageSent') {
    const { message, tempId = '' } = event.data;
    const saved = savedName(message);
    return via === 'ws' ? [`messages:new ${message.senderId} ${tempId} ${message.content}`, saved] : [saved];
  }
  if (event.type === 'MessageEdited') return [`messages:update ${event.data.message.id} ${event.data.message.content}`];
  if (event.type === 'MessageDeleted') return [`messages:delete ${event.data.messageId}`];
  if (event.type === 'MemberJoined') return [savedName(event.data.message), `room:join ${event.data.userId} ${time}`];
  if (event.type === 'MemberLeft') return [savedName(event.data.message), `room:leave ${event.data.userId} ${time}`];
  return event.type === 'MemberRemoved' ? [`room:leave ${event.data.userId} ${time}`] : [];
};

/** What an event is on Redis, in order. */
const expectedOf = (event: LogEvent): Expected[] => namesOf(event).map((name) => ({ name, event }));

type Heard = { readonly roomId: string; readonly name: string };

/** @returns what was published about a room, `undefined` for presence and typing; a text when it can't be read */
const heardOf = ({ channel, text }: RecordedOf<'heard'>): Heard | string | undefined => {
  if (!isChannel(channel)) return `a publish on an unknown channel ${channel}`;
  const parsed = redisEnvelope(channel).safeParse(JSON.parse(text));
  if (!parsed.success) return `a publish on ${channel} that is outside of the contract`;
  const { data, timestamp } = parsed.data;
  if (channel === 'messages:delete' && 'messageId' in data) {
    return { roomId: data.roomId, name: `${channel} ${data.messageId}` };
  }
  if (channel === 'messages:new' && 'senderId' in data) {
    return { roomId: data.roomId, name: `${channel} ${data.senderId} ${data.tempId ?? ''} ${data.content}` };
  }
  if ('message' in data) return { roomId: data.roomId, name: `${channel} ${data.message.id} ${data.message.content}` };
  if ((channel === 'room:join' || channel === 'room:leave') && 'roomId' in data && 'userId' in data) {
    return { roomId: data.roomId, name: `${channel} ${data.userId} ${timestamp}` };
  }
  return undefined;
};

/** Faults of these reach the mirror: after one it may repeat what it is not sure of. */
const concernsMirror = (target: string): boolean =>
  target.startsWith('bridge') || target.startsWith('nats') || target === 'redis';

type Follow = {
  readonly expected: readonly Expected[];
  readonly indexes: ReadonlyMap<string, number>;
  readonly seen: Set<number>;
  /** Index of the furthest publish that has come. */
  furthest: number;
  /** The consumer's subscription was interrupted after that one had come; when it was back. */
  backAt: number | undefined;
};

/**
 * Rule `mirror`, for each consumer and room:
 *
 * - what comes for the first time comes in the log's order;
 * - nothing is left out, unless the consumer was not subscribed at a time when it may have been published: an event that
 *   happened after its subscription was back must have come;
 * - nothing comes twice before the first fault that concerns the mirror, or once all has caught up after the last.
 */
export const checkMirror = (history: readonly Recorded[], rooms: ReadonlyMap<string, RoomLog>): Violation[] => {
  const violations: Violation[] = [];
  const consumers = new Map<string, Map<string, Follow>>();
  const expectations = new Map(
    [...rooms].map(([roomId, { events }]) => {
      const expected = events.flatMap(expectedOf);
      return [roomId, { expected, indexes: new Map(expected.map(({ name }, index) => [name, index])) }];
    }),
  );
  const followsOf = (consumer: string): Map<string, Follow> => {
    const known = consumers.get(consumer);
    if (known !== undefined) return known;
    const follows = new Map(
      [...expectations].map(([roomId, { expected, indexes }]): [string, Follow] => [
        roomId,
        { expected, indexes, seen: new Set(), furthest: -1, backAt: undefined },
      ]),
    );
    consumers.set(consumer, follows);
    return follows;
  };
  const say = (what: string, ...evidence: Violation['evidence']): void =>
    void violations.push({ rule: 'mirror', what, evidence });

  const checkSkipped = (consumer: string, follow: Follow, upTo: number, found: Recorded | undefined): void => {
    const skipped = follow.expected
      .slice(follow.furthest + 1, upTo)
      .filter(({ event }) => follow.backAt === undefined || event.time > follow.backAt);
    if (skipped.length === 0) return;
    const before = follow.expected[follow.furthest];
    say(
      `${skipped.length} publish(es) never reached ${consumer}, who was subscribed`,
      ...(before === undefined ? [] : [`after: ${before.name}`]),
      ...skipped.slice(0, 3).flatMap(({ name, event }) => [`missing: ${name}`, event]),
      ...(found === undefined ? [] : [found]),
    );
  };

  let mayRepeat = false;
  const hear = (record: RecordedOf<'heard'>): void => {
    const heard = heardOf(record);
    if (heard === undefined) return;
    if (typeof heard === 'string') return say(heard, record);
    const follow = followsOf(record.consumer).get(heard.roomId);
    const index = follow?.indexes.get(heard.name);
    if (follow === undefined || index === undefined) {
      // sockets that come and go are told on the same channels, and are not in the log
      if (!heard.name.startsWith('room:')) say('a publish that no event of the log calls for', record);
      return;
    }
    if (follow.seen.has(index)) {
      if (!mayRepeat) say('a publish came twice although nothing was broken', record);
      return;
    }
    follow.seen.add(index);
    if (index < follow.furthest) return; // left out before by an interruption that explains it; a repetition brought it
    checkSkipped(record.consumer, follow, index, record);
    follow.furthest = index;
    follow.backAt = undefined;
  };

  for (const record of history) {
    if (record.type === 'heard') hear(record);
    else if (record.type === 'faultBegun' && concernsMirror(record.target)) mayRepeat = true;
    else if (record.type === 'phase' && record.phase === 'calm') mayRepeat = false;
    else if (record.type === 'unsubscribed') {
      for (const follow of followsOf(record.consumer).values()) follow.backAt = Number.POSITIVE_INFINITY;
    } else if (record.type === 'subscribed') {
      for (const follow of followsOf(record.consumer).values()) {
        if (follow.backAt !== undefined) follow.backAt = record.at;
      }
    }
  }
  if (recordsOf(history, 'phase').some(({ phase }) => phase === 'quiet')) {
    for (const [consumer, follows] of consumers) {
      for (const follow of follows.values()) checkSkipped(consumer, follow, follow.expected.length, undefined);
    }
  }
  return violations;
};
