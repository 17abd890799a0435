import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type ChatEvent, Refusal } from '@kuraxx/domain';
import {
  decodeRecord,
  type EventLog,
  type LogRecord,
  type Position,
  PositionConflict,
  type Subject,
  UnreadableEvent,
} from '@kuraxx/event-store';
import { createKeyedQueue } from './keyed-queue.ts';
import { createLru } from './lru.ts';
import { eventsBeforeAsking, noSnapshots, type Snapshots } from './snapshots/snapshots.ts';

/** A state with the sequence of the last event in it; 0 when there is none. */
export type Versioned<S> = { readonly state: S; readonly sequence: number };

export type AggregateKind<S> = {
  readonly subjectOf: (id: string) => Subject;
  readonly initial: () => S;
  /** Never refuses; ignores events of other kinds. */
  readonly evolve: (state: S, event: ChatEvent, sequence: number) => S;
  /** Its share of `maxWeight`; 1 by default. */
  readonly weightOf?: (state: S) => number;
  /** How much is kept in memory. */
  readonly maxWeight: number;
  /** Where a long fold may begin; by default at the first event. */
  readonly snapshots?: Snapshots<S>;
};

/** `eventId`: of the last event; `unsaved`: how many came after the last snapshot. */
type Known<S> = Versioned<S> & { readonly eventId: string; readonly unsaved: number };

export type Written<S> = { readonly state: S; readonly position?: Position; readonly event?: ChatEvent };

/** For answers: a position only where something was written. */
export const positionOf = ({ position }: { readonly position?: Position }): { readonly position?: Position } =>
  position === undefined ? {} : { position };

export type Aggregates<S> = {
  /**
   * As of the newest event that has reached this process: no I/O when it is in memory. @throws {Unavailable}
   * @throws {UnreadableEvent} when one of its events can't be read by this build, here and below: what it allows is not known
   */
  load(id: string): Promise<Versioned<S>>;
  /** As of now: sees every event stored before the call, wherever it was written. One request. @throws {Unavailable} */
  loadFresh(id: string): Promise<Versioned<S>>;
  /**
   * Decides on what is in memory. A refusal, or `undefined` for "it is so already", counts only as of now: who has just
   * joined through another process is not turned away.
   *
   * @throws {Refusal} what `decide` throws @throws {Unavailable}
   */
  judge<T>(id: string, decide: (state: S) => T): Promise<{ readonly decision: T; readonly known: Versioned<S> }>;
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
  const cache = createLru<Known<S>>(kind.maxWeight, ({ state }) => kind.weightOf?.(state) ?? 1);
  const loading = new Map<string, Promise<Versioned<S>>>();
  const snapshots: Snapshots<S> = kind.snapshots ?? noSnapshots;
  /** The newest live event of what is being loaded: a fold that ended before it is not kept. */
  const newest = new Map<string, number>();
  let gaps = 0;
  const inTurn = createKeyedQueue();

  const evolve = (known: Known<S>, record: LogRecord): Known<S> => {
    const { sequence } = record.position;
    const state = kind.evolve(known.state, decodeRecord(record), sequence);
    return { state, sequence, eventId: record.eventId, unsaved: known.unsaved + 1 };
  };

  /** Keeps it in memory; once in a while also for those who have to load it later. */
  const keep = (id: string, known: Known<S>): void => {
    const isDue = known.unsaved >= snapshots.every;
    if (isDue) snapshots.offer(id, { state: known.state, sequence: known.sequence, eventId: known.eventId });
    cache.set(id, isDue ? { ...known, unsaved: 0 } : known);
  };

  /** The fold from a snapshot on, when there is one ahead of `sequence` and the log has its last event where it says. */
  const foldBehindSnapshot = async (id: string, sequence: number): Promise<Known<S> | undefined> => {
    const snapshot = await snapshots.find(id);
    if (snapshot === undefined || snapshot.sequence <= sequence) return undefined;
    let folded: Known<S> | undefined;
    for await (const record of log.readSubject(kind.subjectOf(id), snapshot.sequence - 1)) {
      if (folded === undefined) {
        const isThere = record.position.sequence === snapshot.sequence && record.eventId === snapshot.eventId;
        if (!isThere) return undefined; // an older copy of the log was put back, and other things have happened since
        folded = { ...snapshot, unsaved: 0 };
      } else folded = evolve(folded, record);
    }
    return folded;
  };

  const foldOn = async (id: string, from: Known<S>): Promise<Known<S>> => {
    let folded = from;
    for await (const record of log.readSubject(kind.subjectOf(id), from.sequence)) {
      folded = evolve(folded, record);
      if (from.sequence > 0 || folded.unsaved !== eventsBeforeAsking) continue;
      const ahead = await foldBehindSnapshot(id, folded.sequence);
      if (ahead !== undefined) return ahead;
    }
    return folded;
  };

  const fold = async (id: string): Promise<Versioned<S>> => {
    for (;;) {
      const begun = gaps;
      let folded: Known<S> = { state: kind.initial(), sequence: 0, eventId: '', unsaved: 0 };
      do folded = await foldOn(id, folded);
      while ((newest.get(id) ?? 0) > folded.sequence);
      if (begun !== gaps) continue; // events after the fold may have been missed
      keep(id, folded); // in the same tick as the checks: no event can slip in between
      return folded;
    }
  };

  const load = async (id: string): Promise<Versioned<S>> => {
    const known = cache.get(id);
    if (known !== undefined) return known;
    const running = loading.get(id);
    if (running !== undefined) return running;
    const task = fold(id).finally(() => {
      loading.delete(id);
      newest.delete(id);
    });
    loading.set(id, task);
    return task;
  };

  const loadFresh = async (id: string): Promise<Versioned<S>> => {
    if (cache.get(id) === undefined && !loading.has(id)) return load(id);
    const last = await log.lastSequence(kind.subjectOf(id));
    const known = cache.get(id);
    if (known !== undefined && known.sequence < last) cache.delete(id);
    if (known === undefined && loading.has(id)) newest.set(id, Math.max(last, newest.get(id) ?? 0));
    return load(id);
  };

  const judge: Aggregates<S>['judge'] = async (id, decide) => {
    const known = await load(id);
    try {
      const decision = decide(known.state);
      if (decision !== undefined) return { decision, known };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    const fresh = await loadFresh(id);
    return { decision: decide(fresh.state), known: fresh };
  };

  const attempt = async (id: string, decide: (state: S) => ChatEvent | undefined): Promise<Written<S>> => {
    const { decision: event, known } = await judge(id, decide);
    const { state, sequence } = known;
    if (event === undefined) return { state };
    const eventId = randomUUID();
    try {
      const { position } = await log.append(kind.subjectOf(id), event, { expectedSequence: sequence, eventId });
      const after = kind.evolve(state, event, position.sequence);
      // Only on what was decided on: anything else is newer, or was forgotten because events may have been missed
      const decidedOn = cache.get(id);
      if (decidedOn?.sequence === sequence) {
        keep(id, { state: after, sequence: position.sequence, eventId, unsaved: decidedOn.unsaved + 1 });
      }
      return { state: after, position, event };
    } catch (error) {
      cache.delete(id); // somebody was faster, or it is not known whether it was stored: read again
      throw error;
    }
  };

  return {
    load,
    loadFresh,
    judge,
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
      cache.delete(id); // also when the event can't be read: the next load says so to who asks
      if (known.sequence !== previousSequence) return;
      try {
        keep(id, evolve(known, record));
      } catch (error) {
        if (!(error instanceof UnreadableEvent)) throw error;
      }
    },
    forgetAll: () => {
      gaps++;
      cache.clear();
    },
  };
};
