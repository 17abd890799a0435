import type { TemplatedApp } from 'uWebSockets.js';
import type { Counts } from './counts.ts';
import { createGathering, pauseMsFor } from './gathering.ts';
import { packed } from './msgpack.ts';
import type { Session } from './session.ts';
import type { SlowReaders } from './slow-readers.ts';

/** Looks for readers that don't keep up, each time that so many bytes were published. */
export type SlowReaderWatch = { readonly everyBytes: number; readonly look: SlowReaders['look'] };

/** The sockets of one process in one room, and the topics that reach them: one for each encoding. */
export type Audience = {
  add(session: Session, userId: string): void;
  remove(session: Session): void;
  /** A copy: safe to cut sockets while walking over it. */
  of(userId: string): readonly Session[];
  all(): readonly Session[];
  /** How many sockets it has. */
  count(): number;
  /**
   * Everybody gets the frame, which is given as JSON, in the order of the calls. In a large room that is busy it goes out a few milliseconds later,
   * with those that follow it: see `gathering.ts`. Who comes and who goes meanwhile gets what was published while they were there.
   */
  publish(frame: string | Buffer): void;
  /** What was published goes out now: before `session.send` for what is to come behind it. */
  flush(): void;
  /** Everybody but the sockets of one user. */
  publishExcept(userId: string, frame: string): void;
};

/**
 * uWebSockets batches what topics publish, but per subscriber and in order: who unsubscribes still gets what was published
 * before and nothing of what comes after, and a direct send is never overtaken. `audience.test.ts` holds it to that.
 */
export const createAudience = (
  app: Pick<TemplatedApp, 'publish'>,
  topic: string,
  slow: SlowReaderWatch,
  counts: Counts,
): Audience => {
  const users = new Map<string, Set<Session>>();
  const userOf = new Map<Session, string>();
  const of = (userId: string): readonly Session[] => [...(users.get(userId) ?? [])];
  const packedTopic = `${topic} packed`;
  const topicOf = ({ encoding }: Session): string => (encoding === 'json' ? topic : packedTopic);
  let packedReaders = 0;
  let bytesSinceLook = 0;
  const emit = (frame: string | Buffer): void => {
    app.publish(topic, frame, false, true); // compressed for those who agreed on it
    if (packedReaders > 0) app.publish(packedTopic, packed(frame), true, true);
    counts.deliveries += userOf.size;
    bytesSinceLook += frame.length;
    if (bytesSinceLook < slow.everyBytes) return;
    bytesSinceLook = 0;
    slow.look(userOf.keys());
  };
  const gathering = createGathering(emit, () => pauseMsFor(userOf.size));
  return {
    add(session, userId) {
      gathering.flush(); // who comes is sent that by another way, or not at all
      if (!userOf.has(session) && session.encoding === 'msgpack') packedReaders += 1;
      userOf.set(session, userId);
      const sessions = users.get(userId);
      if (sessions === undefined) users.set(userId, new Set([session]));
      else sessions.add(session);
      session.subscribe(topicOf(session));
    },
    remove(session) {
      gathering.flush();
      session.unsubscribe(topicOf(session));
      const userId = userOf.get(session);
      if (userId === undefined) return;
      userOf.delete(session);
      if (session.encoding === 'msgpack') packedReaders -= 1;
      const sessions = users.get(userId);
      if (sessions?.delete(session) === true && sessions.size === 0) users.delete(userId);
    },
    of,
    all: () => [...userOf.keys()],
    count: () => userOf.size,
    publish: gathering.push,
    flush: gathering.flush,
    publishExcept(userId, frame) {
      gathering.flush();
      const excluded = of(userId);
      for (const session of excluded) session.unsubscribe(topicOf(session));
      emit(frame);
      counts.deliveries -= excluded.length;
      for (const session of excluded) session.subscribe(topicOf(session));
    },
  };
};
