import { PermissionViolationError } from 'nats';
import type { LogRecord, Position } from './ports.ts';
import { formatPosition } from './position.ts';

/** Somebody else appended to the subject first: load again, decide again. */
export class PositionConflict extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PositionConflict';
  }
}

/** A server that is needed is away, full or too slow. Carries what it said as `cause`. */
export class Unavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Unavailable';
  }
}

/**
 * An event can't be read by this build. What it means is not known, so whatever depends on its room or account must not go
 * on as if it weren't there; everything else goes on.
 */
export class UnreadableEvent extends Error {
  readonly position: Position;
  readonly wireType: string;

  constructor({ position, wireType }: LogRecord, reason: string, options?: ErrorOptions) {
    super(
      `the event at ${formatPosition(position)} (${wireType || 'without a type'}) can't be read: ${reason}`,
      options,
    );
    this.name = 'UnreadableEvent';
    this.position = position;
    this.wireType = wireType;
  }
}

/** The streams are not there (all of them) yet, and this user may not make them: somebody else has to, or is about to. */
export class NotSetUp extends Unavailable {
  constructor(options?: ErrorOptions) {
    super(
      "the log is not set up yet, and this user may not do so: run `kuraxx streams create` as the operators' user",
      options,
    );
    this.name = 'NotSetUp';
  }
}

const isForbidden = (error: unknown): boolean =>
  error instanceof PermissionViolationError || (error instanceof Error && isForbidden(error.cause));

/** Makes what was found missing: for writes alone, whoever may not read is told something else. @throws {NotSetUp} when this user may not */
export const unlessForbidden = async <T>(make: () => Promise<T>): Promise<T> => {
  try {
    return await make();
  } catch (error) {
    if (isForbidden(error)) throw new NotSetUp({ cause: error });
    throw error;
  }
};
