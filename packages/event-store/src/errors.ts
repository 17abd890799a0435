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
