/** A message that is to be sent. */
export type Send = {
  /** The client's own name for it, a UUIDv7: the same one again is the same message, however often it is sent. */
  readonly tempId: string;
  readonly roomId: string;
  /** Whose message it is: nobody else's connection sends it. */
  readonly senderId: string;
  readonly content: string;
  readonly type: 'TEXT' | 'IMAGE' | 'FILE';
  readonly replyToId?: string | undefined;
  /** Own uploads, each shown by one message. */
  readonly attachments?: readonly { readonly fileId: string }[] | undefined;
};

/** A send that waits for its acknowledgement. */
export type Entry = {
  readonly send: Send;
  /** Transmitted over the present connection at this time; undefined while it waits for its turn. */
  readonly sentAtMs: number | undefined;
  /** Not before this time. */
  readonly notBeforeMs: number;
  /** How often the server could not take it at the moment, and how often it stumbled over it. */
  readonly refusals: number;
  readonly stumbles: number;
};

/** By tempId, in the order of sending. */
export type Outbox = ReadonlyMap<string, Entry>;

export const emptyOutbox: Outbox = new Map();

const changed = (outbox: Outbox, tempId: string, change: Partial<Entry>): Outbox => {
  const entry = outbox.get(tempId);
  return entry === undefined ? outbox : new Map(outbox).set(tempId, { ...entry, ...change });
};

/** @returns undefined when it holds `maxEntries` already. The same tempId again changes nothing. */
export const enqueue = (outbox: Outbox, send: Send, maxEntries: number): Outbox | undefined => {
  if (outbox.has(send.tempId)) return outbox;
  if (outbox.size >= maxEntries) return undefined;
  return new Map(outbox).set(send.tempId, { send, sentAtMs: undefined, notBeforeMs: 0, refusals: 0, stumbles: 0 });
};

/** The send has been stored, or never will be. */
export const settle = (outbox: Outbox, tempId: string): Outbox => {
  if (!outbox.has(tempId)) return outbox;
  const rest = new Map(outbox);
  rest.delete(tempId);
  return rest;
};

/** The connection is gone: whether its sends were stored is unknown, so they go out again over the next one. */
export const disconnect = (outbox: Outbox): Outbox =>
  new Map([...outbox].map(([tempId, entry]) => [tempId, { ...entry, sentAtMs: undefined }]));

/** The server could not take it now: it goes out again at `notBeforeMs`. */
export const postpone = (outbox: Outbox, tempId: string, notBeforeMs: number, stumbled: boolean): Outbox => {
  const { refusals = 0, stumbles = 0 } = outbox.get(tempId) ?? {};
  const counts = stumbled ? { stumbles: stumbles + 1 } : { refusals: refusals + 1 };
  return changed(outbox, tempId, { sentAtMs: undefined, notBeforeMs, ...counts });
};

export type OutboxRules = {
  /** Sends of one room under way at once. With 1 a room's messages are stored in the order of sending, whatever fails in between. */
  readonly window: number;
  /** Without an acknowledgement in this time it is sent again. */
  readonly acknowledgeWithinMs: number;
};

/**
 * What goes out now, in order: of each room that is live the first `window` sends, of which none may rest.
 *
 * @returns the sends, the outbox with them marked, and when to look again (undefined: when something happens)
 */
export const due = (
  outbox: Outbox,
  isReady: (send: Send) => boolean,
  nowMs: number,
  rules: OutboxRules,
): { readonly outbox: Outbox; readonly sends: readonly Send[]; readonly nextMs: number | undefined } => {
  const underWay = new Map<string, number>();
  const sends: Send[] = [];
  let next = Number.POSITIVE_INFINITY;
  let marked = outbox;
  for (const { send, sentAtMs, notBeforeMs } of outbox.values()) {
    const count = underWay.get(send.roomId) ?? 0;
    if (count >= rules.window || !isReady(send)) continue;
    if (notBeforeMs > nowMs) {
      next = Math.min(next, notBeforeMs);
      underWay.set(send.roomId, rules.window); // nothing overtakes it
      continue;
    }
    underWay.set(send.roomId, count + 1);
    const isLate = sentAtMs !== undefined && nowMs >= sentAtMs + rules.acknowledgeWithinMs;
    if (sentAtMs === undefined || isLate) {
      sends.push(send);
      marked = changed(marked, send.tempId, { sentAtMs: nowMs });
    }
    next = Math.min(next, (sentAtMs === undefined || isLate ? nowMs : sentAtMs) + rules.acknowledgeWithinMs);
  }
  return { outbox: marked, sends, nextMs: Number.isFinite(next) ? next : undefined };
};
