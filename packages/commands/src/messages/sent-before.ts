import { setTimeout as delay } from 'node:timers/promises';
import { type CheckpointWatch, decodeRecord, type EventLog, type LogRecord, Unavailable } from '@kuraxx/event-store';
import type { FoundMessage, MessageLookup } from './lookup.ts';
import { madeAtMs } from './message-id.ts';

/** What is younger the log itself recognises when it is appended again (its window is 120 s); the rest is for skewed clocks. */
const coveredByLogMs = 100_000;
/** The read model must not hold up a send for longer. */
const lookupMs = 250;
/** A process that has just started has not heard yet how far the projection is. */
const firstCheckpointMs = 1500;
/** A client's clock may be ahead of ours by so much. */
const clientAheadMs = 3_600_000;
/** Events of one room that are looked through at most, some 0.2 s. */
const maxSearched = 20_000;
/** So far back in the partition an earlier send is searched when its tempId doesn't say how old it can be. */
const recentEvents = 10_000;

type Needs = {
  readonly log: EventLog;
  readonly checkpoints: CheckpointWatch;
  readonly lookup: MessageLookup;
  readonly nowMs: () => number;
};

type Sought = { readonly roomId: string; readonly messageId: string; readonly age: 'old' | 'any' };

/** A send that was made before, however long ago. */
export const createSentBefore = ({ log, checkpoints, lookup, nowMs }: Needs) => {
  /** @returns `'unknown'` when the read model is away or slow */
  const lookUp = async (messageId: string): Promise<FoundMessage | undefined | 'unknown'> => {
    const late = new AbortController();
    try {
      return await Promise.race([
        lookup(messageId),
        delay(lookupMs, 'unknown' as const, { signal: late.signal, ref: false }),
      ]);
    } catch (error) {
      if (error instanceof Unavailable) return 'unknown';
      throw error;
    } finally {
      late.abort();
    }
  };

  /** Up to where the read model shows the room; undefined when nobody says so. */
  const shownUpTo = async (roomId: string): Promise<number | undefined> => {
    const partition = log.partitionOf(roomId);
    const known = checkpoints.latest(partition);
    if (known !== undefined) return known;
    const sequence = await log.head(partition);
    const reached = await checkpoints.waitFor(
      { epoch: log.epochOf(partition), partition, sequence },
      firstCheckpointMs,
    );
    return reached ? sequence : checkpoints.latest(partition);
  };

  const messagesAfter = (roomId: string, after: number): AsyncIterable<LogRecord> =>
    log.readSubject({ kind: 'room', roomId, aspect: 'msg' }, after);

  const timeAfter = async (roomId: string, after: number): Promise<number> => {
    for await (const { time } of messagesAfter(roomId, after)) return Date.parse(time);
    return Number.POSITIVE_INFINITY;
  };

  /** A sequence before everything in the room that is as young as `timeMs`. */
  const sequenceBefore = async (roomId: string, timeMs: number): Promise<number> => {
    const head = await log.head(log.partitionOf(roomId));
    for (let back = 1000; back < head; back *= 4) {
      if ((await timeAfter(roomId, head - back)) < timeMs) return head - back;
    }
    return 0;
  };

  const searchLog = async ({ roomId, messageId, age }: Sought, after: number): Promise<FoundMessage | undefined> => {
    let searched = 0;
    for await (const record of messagesAfter(roomId, after)) {
      if (age === 'old' && nowMs() - Date.parse(record.time) < coveredByLogMs) return undefined;
      if (record.eventId === messageId) {
        const event = decodeRecord(record);
        if (event?.type === 'MessageSent') return { snapshot: event.data.message, position: record.position };
      }
      searched += 1;
      if (searched >= maxSearched) throw new Unavailable('too much to search for an earlier send of this message');
    }
    return undefined;
  };

  /**
   * Looks in the read model, and in the log for what the read model doesn't show yet. With the read model away the log is
   * searched from when the tempId says that it was made, or its last part when it doesn't say so: sends go on then, and what was
   * sent before that part would be stored again.
   *
   * @param age `old` leaves what was sent a moment ago to the append, which recognises it
   * @throws {Unavailable} when it would take too long to tell
   */
  return async (
    roomId: string,
    messageId: string,
    tempId: string,
    age: 'old' | 'any',
  ): Promise<FoundMessage | undefined> => {
    const sought = { roomId, messageId, age };
    const shown = await shownUpTo(roomId); // before the look-up, which then shows at least as much
    const found = await lookUp(messageId);
    if (found !== undefined && found !== 'unknown') return found;
    if (found === undefined && shown !== undefined) return searchLog(sought, shown);
    const madeAt = madeAtMs(tempId);
    const start =
      madeAt === undefined || madeAt > nowMs()
        ? Math.max(0, (await log.head(log.partitionOf(roomId))) - recentEvents)
        : await sequenceBefore(roomId, madeAt - clientAheadMs);
    return searchLog(sought, start);
  };
};

export type FindSentBefore = ReturnType<typeof createSentBefore>;
