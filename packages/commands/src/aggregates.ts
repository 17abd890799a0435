import { setTimeout as delay } from 'node:timers/promises';
import { type ChatEvent, Refusal } from '@kuraxx/domain';
import {
  decodeRecord,
  type EventLog,
  type LogRecord,
  type Position,
  PositionConflict,
  type StoredEvent,
  type Subject,
} from '@kuraxx/event-store';
import { createKeyedQueue } from './keyed-queue.ts';
import { createLru } from './lru.ts';

/** A state with the sequence of the last event in it; 0 when there is none. */
export type Versioned<S> = { readonly state: S; readonly sequence: number };

export type AggregateKind<S> = {
  readonly subjectOf: (id: string) => Subject;
  readonly initial: () => S;
  /** Never refuses; ignores events of other kinds. */
  readonly evolve: (state: S, event: ChatEvent, sequence: number) => S;
  /** How many are kept in memory. */
  readonly max: number;
};

export type Written<S> = { readonly state: S; readonly position?: Position; readonly event?: ChatEvent };

export type Aggregates<S> = {
  /** As of the newest event that has reached this process. @throws {Unavailable} */
  load(id: string): Promise<Versioned<S>>;
  /** What is in memory. */
  peek(id: string): Versioned<S> | undefined;
  /**
   * Loads, decides, appends; again when somebody else was faster.
   *
   * @param decide gives the one event, or `undefined` when it is already so
   * @throws {Refusal} what `decide` throws; CONFLICT when others were faster again and again
   * @throws {Unavailable}
   */
  execute(id: string, decide: (state: S) => ChatEvent | undefined): Promise<Written<S>>;
  /** A live event: applied when it follows what is known, else what is known is forgotten. */
  onFact(id: string, record: LogRecord, previousSequence: number): void;
  forgetAll(): void;
};

const maxAttempts = 10;
const maxJitterMs = 20;

/** Aggregates of one kind, folded from their subject, kept in memory and kept fresh by the live feed. */
export const createAggregates = <S>(log: EventLog, kind: AggregateKind<S>): Aggregates<S> => {
  const cache = createLru<Versioned<S>>(kind.max);
  const loading = new Map<string, Promise<Versioned<S>>>();
  /** The newest live event of what is being loaded: a fold that ended before it is not kept. */
  const newest = new Map<string, number>();
  const inTurn = createKeyedQueue();

  const evolve = (known: Versioned<S>, record: LogRecord): Versioned<S> => {
    const event: StoredEvent | undefined = decodeRecord(record);
    const { sequence } = record.position;
    return { state: event === undefined ? known.state : kind.evolve(known.state, event, sequence), sequence };
  };

  const fold = async (id: string): Promise<Versioned<S>> => {
    let folded: Versioned<S> = { state: kind.initial(), sequence: 0 };
    do {
      for await (const record of log.readSubject(kind.subjectOf(id), folded.sequence)) folded = evolve(folded, record);
    } while ((newest.get(id) ?? 0) > folded.sequence);
    return folded;
  };

  const load = async (id: string): Promise<Versioned<S>> => {
    const known = cache.get(id);
    if (known !== undefined) return known;
    const running = loading.get(id);
    if (running !== undefined) return running;
    const task = fold(id)
      .then((folded) => {
        cache.set(id, folded);
        return folded;
      })
      .finally(() => {
        loading.delete(id);
        newest.delete(id);
      });
    loading.set(id, task);
    return task;
  };

  const attempt = async (id: string, decide: (state: S) => ChatEvent | undefined): Promise<Written<S>> => {
    const { state, sequence } = await load(id);
    const event = decide(state);
    if (event === undefined) return { state };
    try {
      const { position } = await log.append(kind.subjectOf(id), event, { expectedSequence: sequence });
      const after = { state: kind.evolve(state, event, position.sequence), sequence: position.sequence };
      if ((cache.get(id)?.sequence ?? 0) < after.sequence) cache.set(id, after);
      return { state: after.state, position, event };
    } catch (error) {
      cache.delete(id); // somebody was faster, or it is not known whether it was stored: read again
      throw error;
    }
  };

  return {
    load,
    peek: (id) => cache.get(id),
    execute: (id, decide) =>
      inTurn(id, async () => {
        for (let count = 1; ; count++) {
          try {
            return await attempt(id, decide);
          } catch (error) {
            if (!(error instanceof PositionConflict)) throw error;
            if (count === maxAttempts) throw new Refusal('CONFLICT');
            await delay(Math.random() * maxJitterMs);
          }
        }
      }),
    onFact: (id, record, previousSequence) => {
      const { sequence } = record.position;
      if (loading.has(id)) newest.set(id, Math.max(sequence, newest.get(id) ?? 0));
      const known = cache.get(id);
      if (known === undefined || sequence <= known.sequence) return;
      if (known.sequence === previousSequence) cache.set(id, evolve(known, record));
      else cache.delete(id);
    },
    forgetAll: () => cache.clear(),
  };
};
