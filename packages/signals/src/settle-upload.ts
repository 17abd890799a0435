import type { NatsConnection } from 'nats';
import { z } from 'zod';

/** A file by its owner and id. */
const file = z.object({ userId: z.string(), fileId: z.string() });

const answer = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
]);

/** What came of it; a refusal with its code, SERVICE_UNAVAILABLE for "try again". */
export type SettleAnswer = z.infer<typeof answer>;

const subject = 'kuraxx.signal.settle-upload';
const away: SettleAnswer = { ok: false, code: 'SERVICE_UNAVAILABLE', message: '' };

/**
 * Asks an api, which alone has the store of files, to look at what has come by a signed address. Bounded by `timeoutMs`; nobody
 * there is SERVICE_UNAVAILABLE, and so is no answer in time (it may go on all the same: ask again).
 */
export const askToSettle = async (
  nats: NatsConnection,
  which: z.infer<typeof file>,
  timeoutMs: number,
): Promise<SettleAnswer> => {
  try {
    const reply = await nats.request(subject, JSON.stringify(which), { timeout: Math.max(1, timeoutMs) });
    return answer.parse(reply.json());
  } catch {
    return away; // no responder, no answer in time, no connection: to the one who asks it is all the same
  }
};

/**
 * Answers such questions; of all processes that do, each question reaches one.
 *
 * @param settle never throws
 * @returns how to stop
 */
export const answerSettling = (
  nats: NatsConnection,
  settle: (which: z.infer<typeof file>) => Promise<SettleAnswer>,
): (() => void) => {
  const subscription = nats.subscribe(subject, {
    queue: 'api',
    callback: (error, message) => {
      if (error !== null) return;
      const which = file.safeParse(message.json());
      if (!which.success) return;
      void settle(which.data).then((result) => message.respond(JSON.stringify(result)));
    },
  });
  return () => subscription.unsubscribe();
};
