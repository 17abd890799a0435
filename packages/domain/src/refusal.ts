/** Why a rule said no. Each is also a REST error code of packages/contracts. */
export type RefusalCode =
  | 'AUTH_INVALID_CREDENTIALS'
  | 'AUTH_TOKEN_EXPIRED'
  | 'AUTH_TOKEN_INVALID'
  | 'AUTH_UNAUTHORIZED'
  | 'AUTH_USER_EXISTS'
  | 'AUTH_USER_NOT_FOUND'
  | 'RESOURCE_EXISTS'
  | 'RESOURCE_NOT_FOUND'
  | 'ROOM_NOT_FOUND'
  | 'ROOM_ACCESS_DENIED'
  | 'MESSAGE_NOT_FOUND'
  | 'FILE_TOO_LARGE'
  | 'FILE_TYPE_NOT_ALLOWED'
  | 'CONFLICT'
  | 'VALIDATION_ERROR';

/** A rule said no: the caller's business, told by its code. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  /** @param message what to tell the caller; without one the contract's default text is shown */
  constructor(code: RefusalCode, message = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'Refusal';
    this.code = code;
  }
}
