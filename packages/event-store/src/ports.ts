import type { ChatEvent, EventType } from '@kuraxx/domain';
import type { ReadHeaders } from './headers.ts';

/** One stream of the log: all accounts with their files, or one share of the rooms. */
export type Partition = number | 'accounts';

/** Where an event stands in the log. Two positions compare only within one epoch and partition. */
export type Position = { readonly epoch: string; readonly partition: Partition; readonly sequence: number };

/** What an event is about: the unit of the expected sequence. */
export type Subject =
  | { readonly kind: 'account'; readonly userId: string }
  | { readonly kind: 'file'; readonly userId: string; readonly fileId: string }
  | { readonly kind: 'room'; readonly roomId: string; readonly aspect: 'meta' | 'msg' | 'edit' };

/** A subject in a stream of the log that no event of this software has: somebody else's, or a newer version's. */
export type ForeignSubject = { readonly kind: 'foreign'; readonly text: string };

/** An event as stored, not yet decoded: see `decodeRecord`. */
export type LogRecord = {
  readonly position: Position;
  /** Foreign ones come from `consume` and `readPartition` alone, whose readers have to get past them. */
  readonly subject: Subject | ForeignSubject;
  /** The CloudEvents type as stored, as in `kuraxx.message.sent.v1`. */
  readonly wireType: string;
  /** The event's type where this build knows its name, whatever the version. */
  readonly type: EventType | undefined;
  readonly eventId: string;
  /** When it happened: ISO 8601, UTC. */
  readonly time: string;
  /** When the log stored it, by the server's clock, in milliseconds since 1970; undefined for what was heard live. */
  readonly storedAtMs?: number | undefined;
  /** `ws` for messages that came over the WebSocket, `import` for what came from another system: it is no news. */
  readonly via: string | undefined;
  /** The stored JSON. */
  readonly data: Uint8Array;
  /** All headers, for what is read of few events only: see `traceparentOf`. */
  readonly headers?: ReadHeaders | undefined;
  /** This process has encoded the data itself: it is known to be JSON. */
  readonly isOwn?: true;
};

export type StoredEvent<E extends ChatEvent = ChatEvent> = E & { readonly record: LogRecord };

export type AppendOptions = {
  /** Last sequence of the subject as the writer knows it; 0: the subject must be empty; absent: no condition. */
  readonly expectedSequence?: number;
  /** Repeated within two minutes it is stored once and answered with `duplicate: true` and the first position. Default: a fresh UUID. */
  readonly eventId?: string;
  readonly via?: 'ws';
  /** The trace that the event is written in, as W3C has it; stored with it. */
  readonly traceparent?: string | undefined;
  /** Default 4000. */
  readonly timeoutMs?: number;
};

export type Appended = {
  readonly position: Position;
  /** The event id was stored before, be it by an attempt of this very call whose answer got lost. */
  readonly duplicate: boolean;
};

/** The source of truth: an append-only log of events in partitions. */
export interface EventLog {
  /** Number of room partitions, fixed for ever when the log was set up. */
  readonly roomPartitions: number;
  /** All partitions: `accounts`, then 0 to `roomPartitions - 1`. */
  readonly partitions: readonly Partition[];
  partitionOf(roomId: string): number;
  epochOf(partition: Partition): string;
  /**
   * Appends one event; resolves once it is stored.
   * @throws {PositionConflict} when the subject has moved on from `expectedSequence`
   * Over a lost connection it waits and repeats itself until `timeoutMs`; a full log is told at once.
   * @throws {Unavailable} when the log is away, full or did not answer in time (then it may have been stored: retry with the same eventId)
   */
  append(subject: Subject, event: ChatEvent, options?: AppendOptions): Promise<Appended>;
  /** All events of one subject after `afterSequence` (default 0), in order, up to its end as of the call. @throws {Unavailable} */
  readSubject(subject: Subject, afterSequence?: number): AsyncIterable<LogRecord>;
  /** Sequence of the last event of the subject, 0 when there is none. @throws {Unavailable} */
  lastSequence(subject: Subject): Promise<number>;
  /** Sequence of the last event of a partition (one NATS request). @throws {Unavailable} */
  head(partition: Partition): Promise<number>;
  /** Events of a room (all three subjects) with `after < sequence <= upTo` in order. @throws {Unavailable} */
  readRoom(roomId: string, range: { after: number; upTo: number }): AsyncIterable<LogRecord>;
  /** Everything in a partition with `after < sequence <= upTo`, in order, up to its end as of the call. @throws {Unavailable} */
  readPartition(partition: Partition, range: { after: number; upTo: number }): AsyncIterable<LogRecord>;
  /**
   * Follows a partition from `after` + 1 for ever, in order, without gaps or doubles, also over reconnects and server restarts.
   * `onRecords` gets what has arrived, at most `maxBatch` (default 500) at a time, and is awaited: back-pressure. When it throws, `failed` rejects.
   */
  consume(
    partition: Partition,
    options: { after: number; maxBatch?: number },
    onRecords: (records: readonly LogRecord[]) => Promise<void>,
  ): Promise<Consumption>;
  /**
   * Follows one room live. `listener` gets every record of the room with a sequence above `from`, in order, once each, also over reconnects
   * (missed ones are fetched from the stream). Called synchronously per record, never before the caller has the feed. Resolves when the
   * subscription is active. In a NATS cluster a live event can get lost between servers while our connection stays up: that shows at
   * the next event of the same subject, so one of another subject may come before it (late rather than never).
   * `from` is the partition's head at that time. @throws {Unavailable}
   */
  followRoom(roomId: string, listener: (record: LogRecord) => void): Promise<RoomFeed>;
  /**
   * Live `meta` events of all rooms and all account events, for caches. At most once: `onGap` says that some may have been missed (forget what you know).
   */
  followFacts(listener: (record: LogRecord, previousSequence: number) => void, onGap: () => void): Promise<() => void>;
  /**
   * Resolves when every live event that was stored before the call has been given to the followers of this process: what they know is then not
   * older than the call, however long the process or the network stood still before it. One round trip, shared by all calls of a turn of
   * the event loop. (In a NATS cluster a live event may still be on its way between servers.)
   * @throws {Unavailable} also when no answer comes within 4 s
   */
  catchUp(): Promise<void>;
}

export type Consumption = { readonly failed: Promise<never>; stop(): Promise<void> };
export type RoomFeed = {
  readonly from: number;
  /** The last `msg` and `edit` sequences of the room at `from` (0 when none): with the aggregate's lastFramedMeta they give `prev`. */
  readonly lastMessage: number;
  readonly lastEdit: number;
  stop(): void;
};

/** Which read model answers queries; the generation rises with every change of it. */
export type Serving = { readonly schema: string; readonly generation: number };

/** Progress of the serving projection. */
export interface CheckpointWatch {
  /** The serving read model of the highest generation that was heard of; undefined before the first announcement that names one. */
  serving(): Serving | undefined;
  /** @returns true once the projection has reached the position; false after `timeoutMs`, or at once when it is stalled or silent (3 s). */
  waitFor(position: Position, timeoutMs: number): Promise<boolean>;
  /** When the projection reached the position, as heard here, in milliseconds since 1970; undefined when it has not, or that was long ago. */
  reachedAtMs(position: Position): number | undefined;
  /** Last announced sequence, undefined before the first announcement. */
  latest(partition: Partition): number | undefined;
  close(): void;
}
