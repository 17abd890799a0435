import { initContract } from '@ts-rest/core';
import { authContract } from './auth.ts';
import { messagesContract } from './messages.ts';
import { roomsContract } from './rooms.ts';
import { statsContract } from './stats.ts';
import { uploadContract } from './upload.ts';
import { usersContract } from './users.ts';

/**
 * The whole REST API. Each path also answers under `/api`.
 *
 * @example
 * const client = initClient(apiContract, { baseUrl: 'http://localhost:3001', baseHeaders: {} });
 * const answer = await client.auth.login({ body: { email, password } });
 * if (answer.status === 200) console.log(answer.body.data.user);
 */
export const apiContract = initContract().router({
  auth: authContract,
  rooms: roomsContract,
  messages: messagesContract,
  users: usersContract,
  stats: statsContract,
  upload: uploadContract,
});
