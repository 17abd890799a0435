/** Why a server could not be had; stable, so that callers need not read messages. */
export type ServersErrorCode =
  | 'BINARY_MISSING'
  | 'DATA_UNUSABLE'
  | 'PORT_TAKEN'
  | 'NOT_PERMITTED'
  | 'START_FAILED'
  | 'STOPPED';

/** A server could not be had. The message is meant for the person at the terminal: it says what to do, and stands alone. */
export class ServersError extends Error {
  override readonly name = 'ServersError';
  readonly code: ServersErrorCode;

  constructor(code: ServersErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The `code` of a system error (`ENOENT`, `EACCES`…), or `undefined`. */
export const systemCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
