import { z } from 'zod';

export const replayInput = z.object({
  natsUrl: z.string(),
  databaseUrl: z.string(),
  /** Numbers of events at which memory is measured. That collects garbage first: give none where time is measured. */
  marks: z.array(z.number()),
});

const memoryMark = z.object({ events: z.number(), residentBytes: z.number(), heapBytes: z.number() });
export type MemoryMark = z.infer<typeof memoryMark>;

/** What was replayed, and what it took. */
export const replayOutput = z.object({
  schema: z.string(),
  events: z.number(),
  ms: z.number(),
  cpuMs: z.number(),
  memory: z.array(memoryMark),
});

export const bareInput = z.object({ databaseUrl: z.string(), schema: z.string(), connections: z.number() });

/** What was written, and what it took. */
export const bareOutput = z.object({ rows: z.number(), ms: z.number(), cpuMs: z.number() });
