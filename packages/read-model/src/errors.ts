import { type Partition, Unavailable } from '@kuraxx/event-store';

/** Postgres is away, overloaded or not migrated yet: try again later. Carries what the driver said as `cause`. */
export class ReadModelUnavailable extends Unavailable {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ReadModelUnavailable';
  }
}

/** The read model was built from another log than the one that is there now (restored, emptied). */
export class EpochMismatch extends Error {
  constructor(partition: string, builtFrom: string, log: string) {
    super(
      `partition ${partition} of the read model was built from log ${builtFrom}, but the log is now ${log}: ` +
        'rebuild it (kuraxx projections rebuild)',
    );
    this.name = 'EpochMismatch';
  }
}

/** The checkpoint is before the first event given (a database restored from a backup): read again from the checkpoint. */
export class CheckpointBehind extends Error {
  /** Sequence of the last event that was applied. */
  readonly checkpoint: number;

  constructor(partition: string, checkpoint: number, after: number) {
    super(`partition ${partition} of the read model is at ${checkpoint}, but events from after ${after} were given`);
    this.name = 'CheckpointBehind';
    this.checkpoint = checkpoint;
  }
}

/** The projection threw on an event; it would throw again. Carries what was thrown as `cause`. */
export class HandlerFailed extends Error {
  constructor(cause: unknown) {
    super(`the projection failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'HandlerFailed';
  }
}

/** So much is parked that something else must be wrong than single events: the partition waits until it is looked at. */
export class TooManyParked extends Error {
  constructor(partition: Partition, parked: number) {
    super(
      `${parked} rooms or accounts of partition ${partition} would be parked, which is too many to be an accident: ` +
        'look why (kuraxx projections status), mend it, then kuraxx projections retry --all',
    );
    this.name = 'TooManyParked';
  }
}

const codes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '53300', // too many connections
  '57014', // statement timeout
  '57P01', // shut down by an administrator
  '57P02', // another server process crashed
  '57P03', // starting up, or shutting down
  '3F000', // no such schema: not migrated yet
  '42P01', // no such table: not migrated yet
]);

/** pg has no codes for these (8.23). */
const texts = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'connection error and is not queryable',
  'Client was closed and is not queryable',
];

/** Whether an error (or what caused it) says that the database can't be used at the moment. */
export const meansUnavailable = (error: unknown): boolean => {
  if (error instanceof AggregateError) return error.errors.some(meansUnavailable); // several addresses were tried
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    codes.has(code) ||
    code.startsWith('08') || // connection exceptions
    texts.some((text) => error.message.includes(text)) ||
    meansUnavailable(error.cause)
  );
};

/** Whether a server takes no new connections, because it starts or waits for its last sessions to end. */
export const meansTurnedAway = (error: unknown): boolean =>
  error instanceof Error && (('code' in error && error.code === '57P03') || meansTurnedAway(error.cause));

/** Runs something on the database. @throws {ReadModelUnavailable} naming what was being done, when the database is away */
export const guardDatabase = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!meansUnavailable(error)) throw error;
    throw new ReadModelUnavailable(`${doing}: the database is away or not migrated yet`, { cause: error });
  }
};

const sqlStateOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)) return error.code;
  return sqlStateOf(error.cause);
};

/**
 * Why an event (one of those that were applied) can't be projected, whenever it is tried. Undefined for whatever else goes wrong:
 * that is about the database or the software as a whole, and waits for being mended instead of parking one room after the other.
 */
export const failureOf = (error: unknown): { cause: 'handler' | 'refused'; reason: string } | undefined => {
  if (error instanceof HandlerFailed) return { cause: 'handler', reason: error.message };
  const state = sqlStateOf(error);
  // 22: data exceptions (a NUL character, say); 23: constraints; 54: too long for an index
  if (state === undefined || !['22', '23', '54'].includes(state.slice(0, 2))) return undefined;
  return {
    cause: 'refused',
    reason: `Postgres refused it: ${error instanceof Error ? error.message : String(error)} (${state})`,
  };
};

/** Whether the server has given a statement up because it took longer than it may. One that does not even say so is away. */
export const isStatementTimeout = (error: unknown): boolean => sqlStateOf(error) === '57014';

/** Whether a replica has given a query up, because what it was reading was removed on the primary. It would go well there. */
export const isCancelledByRecovery = (error: unknown): boolean => sqlStateOf(error) === '40001';

/** Whether a row was there that was taken for new. */
export const isUniqueViolation = (error: unknown): boolean => sqlStateOf(error) === '23505';

/** Whether somebody else holds a lock that was asked for without waiting (`nowait`), or not for long (`lock_timeout`). */
export const isLockTaken = (error: unknown): boolean => sqlStateOf(error) === '55P03';
