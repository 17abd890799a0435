import type { NatsConnection } from 'nats';
import type { z } from 'zod';

/**
 * Subscribes to a subject and parses what comes; what doesn't fit is let go, because it isn't ours.
 *
 * @returns how to unsubscribe
 */
export const hear = <T extends z.ZodType>(
  nats: NatsConnection,
  subject: string,
  schema: T,
  listener: (value: z.infer<T>) => void,
): (() => void) => {
  const subscription = nats.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return;
      const parsed = schema.safeParse(parseJson(message.string()));
      if (parsed.success) listener(parsed.data);
    },
  });
  return () => subscription.unsubscribe();
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // no schema of ours takes it
  }
};
