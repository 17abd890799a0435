/** What one client, room or process may use. Times in milliseconds, sizes in bytes. */
export type Limits = {
  /** A socket that has not authenticated by then is closed. */
  readonly authenticationTimeoutMs: number;
  /** Time between the token's expiry and the close, to authenticate again. */
  readonly expiryGraceMs: number;
  /** A frame is answered by then, counted from its arrival. */
  readonly requestTimeoutMs: number;
  /** A typing indicator stops by itself after this time. */
  readonly typingExpiryMs: number;
  /** Messages of one socket that may be on their way to the log; further ones wait. */
  readonly maxSendsAtOnce: number;
  /** `resume` frames of one socket under way beside its other frames; with as many, further frames wait. */
  readonly maxResumesAtOnce: number;
  /** Frames of one socket that wait for their turn; more are refused. */
  readonly maxQueuedFrames: number;
  /** How long they may be together, in UTF-16 units; of MessagePack in bytes. */
  readonly maxQueuedLength: number;
  /** Frames per second that one socket may send for ever. */
  readonly framesPerSecond: number;
  /** Frames that one socket may send at once after a pause. */
  readonly burstFrames: number;
  /** A socket is closed when so many more frames were refused than taken since. */
  readonly maxRefusedFrames: number;
  readonly maxRoomsPerSocket: number;
  /** Of this process, all together, of one user, of one address. */
  readonly maxConnections: number;
  readonly maxConnectionsPerUser: number;
  readonly maxConnectionsPerAddress: number;
  /** A reader with more unsent bytes is closed. */
  readonly maxUnsentBytes: number;
  /** Of all readers together: past it those with the most are closed. */
  readonly allUnsentBytes: number;
  /** What readers that were closed may keep unsent, so that they can still read their close code. */
  readonly closingUnsentBytes: number;
  /** After so many bytes to a room its slow readers are looked for at once. */
  readonly lookEveryBytes: number;
  /** How long an event may be on its way here after others have seen it; when it takes longer the log is asked. */
  readonly feedLagMs: number;
  /** Replaying waits while more bytes are unsent. */
  readonly replayUnsentBytes: number;
  /** What a followed room keeps in memory for those who come back soon. */
  readonly tailFrames: number;
  readonly tailBytes: number;
  /** What all followed rooms keep together. */
  readonly allTailsBytes: number;
  /** A read of older events ends past this many, or this many bytes. */
  readonly stretchEvents: number;
  readonly stretchBytes: number;
  /** What is kept in memory of older events that were read. */
  readonly historyBytes: number;
  /** So many rooms' older events are read side by side. */
  readonly historyReads: number;
  /** How often deadlines and slow readers are looked for. */
  readonly sweepIntervalMs: number;
  /** How long stopping may take, over which the sockets are spread. */
  readonly drainTimeoutMs: number;
};

export const defaultLimits: Limits = {
  authenticationTimeoutMs: 5_000,
  expiryGraceMs: 30_000,
  requestTimeoutMs: 4_500,
  typingExpiryMs: 6_000,
  maxSendsAtOnce: 256,
  maxResumesAtOnce: 8,
  maxQueuedFrames: 2_000,
  maxQueuedLength: 4 * 1024 * 1024,
  framesPerSecond: 1_000,
  burstFrames: 5_000,
  maxRefusedFrames: 2_000,
  maxRoomsPerSocket: 1_000,
  maxConnections: 50_000,
  maxConnectionsPerUser: 1_000,
  maxConnectionsPerAddress: 20_000,
  maxUnsentBytes: 1024 * 1024,
  allUnsentBytes: 64 * 1024 * 1024,
  closingUnsentBytes: 32 * 1024 * 1024,
  lookEveryBytes: 64 * 1024,
  feedLagMs: 250,
  replayUnsentBytes: 64 * 1024,
  tailFrames: 128,
  tailBytes: 256 * 1024,
  allTailsBytes: 128 * 1024 * 1024,
  stretchEvents: 2_000,
  stretchBytes: 2 * 1024 * 1024,
  historyBytes: 32 * 1024 * 1024,
  historyReads: 8,
  sweepIntervalMs: 200,
  drainTimeoutMs: 5_000,
};
