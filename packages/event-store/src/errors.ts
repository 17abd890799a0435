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
