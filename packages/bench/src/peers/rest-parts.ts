import { randomUUID } from 'node:crypto';
import type { Express } from 'express';
import { z } from 'zod';

export const claims = z.object({ userId: z.string() });

export const sendBody = z.object({
  roomId: z.uuid(),
  content: z.string().max(5000),
  type: z.enum(['TEXT', 'IMAGE', 'FILE']).default('TEXT'),
  replyToId: z.uuid().optional(),
  tempId: z.string().max(100).optional(),
});

/** An answer of the size that ours has. */
export const answerOf = (userId: string, body: z.infer<typeof sendBody>) => {
  const at = new Date().toISOString();
  const sender = { id: userId, username: 'bench_0', displayName: 'bench_0', avatarUrl: null, isOnline: true };
  const message = {
    ...body,
    id: randomUUID(),
    status: 'SENT',
    senderId: userId,
    editedAt: null,
    deletedAt: null,
    createdAt: at,
    updatedAt: at,
    sender: { ...sender, lastSeenAt: null },
    attachments: [],
    replyTo: null,
  };
  return { success: true, data: { message } };
};

/** Listens on a free port and says which in the first line. */
export const listenAndTell = (app: Express): void => {
  const server = app.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    process.stdout.write(`${address.port}\n`);
  });
};
