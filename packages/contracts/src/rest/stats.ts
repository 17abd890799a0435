import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { commonErrors, ok } from './envelope.ts';

export const stats = z.object({
  onlineUsers: z.int(),
  totalUsers: z.int(),
  /** Rooms with a message in the last 24 hours. */
  activeRooms: z.int(),
  totalRooms: z.int(),
  /** Messages since the server's local midnight. */
  messagesToday: z.int(),
  messagesTotal: z.int(),
});

export type Stats = z.infer<typeof stats>;

export const statsContract = initContract().router(
  { get: { method: 'GET', path: '/stats', summary: 'Figures of the whole system', responses: { 200: ok(stats) } } },
  { commonResponses: commonErrors, strictStatusCodes: true },
);
