import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isoTime } from '@kuraxx/domain';
import { encodeEvent } from './codec.ts';
import type { ConnectionState } from './connection.ts';
import { PositionConflict, Unavailable } from './errors.ts';
import { headersToPublish } from './headers.ts';
import type { OwnData } from './own-data.ts';
import type { Appended, EventLog, Subject } from './ports.ts';
import { type Acknowledged, type Publisher, Refused } from './publisher.ts';
import { partitionOfSubject, subjectText } from './subjects.ts';

const defaultTimeoutMs = 4000;
/** In a cluster a message to a leader that dies goes without an answer, while our connection stays: then it is sent again. */
const attemptMs = 1500;
/** Long enough for a leader change, short enough to notice a refusal that will not go away. */
const retryPauseMs = 150;
/** So many appends may wait for a lost connection; with more, memory would grow as long as senders do. */
const maxWaiting = 10_000;

/** Appending with retries under the same event id, which the server recognises: a lost answer never stores twice. */
export const createAppend = (needs: {
  readonly publisher: Publisher;
  readonly state: ConnectionState;
  readonly roomPartitions: number;
  readonly source: string;
  readonly epochOf: EventLog['epochOf'];
  readonly readSubject: EventLog['readSubject'];
  readonly ownData: Pick<OwnData, 'begin' | 'end'>;
}): EventLog['append'] => {
  let waiting = 0;
  /** @throws {Unavailable} when the connection isn't back in time, or too many wait for it already */
  const connected = async (deadline: number): Promise<void> => {
    if (needs.state.connected) return;
    if (waiting >= maxWaiting) throw new Refused('too many wait for the connection');
    waiting++;
    try {
      if (!(await needs.state.whenConnected(deadline - Date.now()))) throw new Unavailable('not connected');
    } finally {
      waiting--;
    }
  };
  /**
   * NATS 2.9 recognises a repeated event id before it looks at the expected sequence, newer servers look at the sequence
   * first: then a conflict may be with the very event of an attempt whose answer got lost. What follows the expected
   * sequence tells.
   */
  const storedBefore = async (subject: Subject, after: number, eventId: string): Promise<Appended | undefined> => {
    for await (const { eventId: id, position } of needs.readSubject(subject, after)) {
      return id === eventId ? { position, duplicate: true } : undefined;
    }
    return undefined;
  };
  const append: EventLog['append'] = (subject, event, options = {}) => {
    const { eventId = randomUUID(), expectedSequence, timeoutMs = defaultTimeoutMs, via, traceparent } = options;
    const text = subjectText(subject, needs.roomPartitions);
    const partition = partitionOfSubject(subject, needs.roomPartitions);
    const time = isoTime(Date.now());
    const encoded = encodeEvent(event, { eventId, source: needs.source, time, via, traceparent });
    const headers = headersToPublish({
      ...encoded.headers,
      'Nats-Msg-Id': eventId,
      ...(expectedSequence === undefined ? {} : { 'Nats-Expected-Last-Subject-Sequence': String(expectedSequence) }),
    });
    const deadline = Date.now() + timeoutMs;
    const attempt = (): Promise<Acknowledged> =>
      needs.publisher.publish(text, encoded.data, headers, Math.min(attemptMs, deadline - Date.now()));
    const appended = ({ sequence, duplicate }: Acknowledged): Appended => {
      needs.ownData.end(eventId);
      return { position: { epoch: needs.epochOf(partition), partition, sequence }, duplicate };
    };
    /** @returns when there is reason to try again @throws what there isn't */
    const requireHope = async (error: unknown): Promise<void> => {
      if (!(error instanceof Unavailable)) throw error;
      if (error instanceof Refused || Date.now() + retryPauseMs >= deadline) {
        throw new Unavailable(`append ${event.type} to ${text}: ${error.message}`, { cause: error });
      }
      await delay(retryPauseMs);
    };
    const tryAgain = async (first: unknown): Promise<Appended> => {
      let failure = first;
      for (;;) {
        await requireHope(failure);
        try {
          await connected(deadline);
          return appended(await attempt());
        } catch (error) {
          if (error instanceof PositionConflict) {
            const stored = await storedBefore(subject, expectedSequence ?? 0, eventId);
            if (stored !== undefined) return stored;
          }
          failure = error;
        }
      }
    };
    const tryToTheEnd = (first: unknown): Promise<Appended> =>
      tryAgain(first).finally(() => needs.ownData.end(eventId));
    needs.ownData.begin(eventId, encoded.data);
    if (needs.state.connected) return attempt().then(appended, tryToTheEnd);
    return connected(deadline).then(attempt).then(appended, tryToTheEnd);
  };
  return (subject, event, options) => {
    try {
      return append(subject, event, options);
    } catch (error) {
      return Promise.reject(error);
    }
  };
};
