import type { apiContract } from '@kuraxx/contracts';
import type { Api } from '../api.ts';
import type { Handlers } from '../http/handler.ts';
import { authHandlers } from './auth.ts';
import { messageHandlers } from './messages.ts';
import { roomHandlers } from './rooms/index.ts';
import { statsHandlers } from './stats.ts';
import { uploadHandlers } from './upload.ts';
import { userHandlers } from './users.ts';

/** A handler for every route of the contract. */
export const createHandlers = (api: Api): Handlers<typeof apiContract> => ({
  auth: authHandlers(api),
  rooms: roomHandlers(api),
  messages: messageHandlers(api),
  users: userHandlers(api),
  stats: statsHandlers(api),
  upload: uploadHandlers(api),
});
