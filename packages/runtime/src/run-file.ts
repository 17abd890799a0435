import { z } from 'zod';

/** What `<data dir>/run.json` says while a system that `npm start` brought up is healthy. */
export const runFileSchema = z.object({
  apiUrl: z.string(),
  wsUrl: z.string(),
  natsUrl: z.string(),
  /** As whom operators ask NATS, where it asks for that. */
  nats: z
    .object({ user: z.string(), password: z.string(), tls: z.object({ caFile: z.string() }).optional() })
    .optional(),
  databaseUrl: z.string(),
  redisUrl: z.string(),
  /** Process ids of what was started here, servers included. */
  processes: z.record(z.string(), z.int()),
  /** Where each service process has `/livez`, `/readyz` and `/metrics`. */
  operations: z.record(z.string(), z.string()).default({}),
});

export type RunFile = z.infer<typeof runFileSchema>;
