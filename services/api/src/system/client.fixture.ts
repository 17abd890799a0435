import { randomBytes } from 'node:crypto';
import { apiContract, errorBody } from '@kuraxx/contracts';
import { expect } from 'vitest';
import { z } from 'zod';

type Options = { token?: string; body?: unknown; headers?: Record<string, string> };

const signedIn = apiContract.auth.register.responses[201];
const envelope = z.object({ success: z.boolean() }).loose();

/** @returns the answer's data; fails when a key is missing, wrong or too many. */
export const exactly = <S extends z.ZodType>(schema: S, answer: { body: unknown }): z.output<S> => {
  const parsed = schema.parse(answer.body);
  expect(answer.body).toEqual(parsed);
  return parsed;
};

/** A client that knows nothing but HTTP. */
export const createClient = (url: string) => {
  const send = async (method: string, path: string, { token, body, headers }: Options = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: envelope.parse(await response.json()) };
  };

  /** Expects a refusal with the envelope. */
  const refused = async (status: number, code: string, method: string, path: string, options?: Options) => {
    const answer = await send(method, path, options);
    expect({ status: answer.status, code: exactly(errorBody, answer).error.code }).toEqual({ status, code });
    return answer;
  };

  const password = 'correct horse';
  const register = async (prefix = 'user') => {
    const username = `${prefix}_${randomBytes(5).toString('hex')}`;
    const email = `${username}@Example.org`;
    const answer = await send('POST', '/auth/register', { body: { email, username, password, displayName: prefix } });
    expect(answer.status).toBe(201);
    const { user, accessToken, refreshToken } = exactly(signedIn, answer).data;
    return { id: user.id, username, email, password, token: accessToken, refreshToken, user };
  };

  const createRoom = async (token: string, body: object = {}) => {
    const answer = await send('POST', '/rooms/create', { token, body });
    expect(answer.status).toBe(201);
    return exactly(apiContract.rooms.create.responses[201], answer).data.room;
  };

  const say = async (token: string, roomId: string, content: string, more: object = {}) => {
    const answer = await send('POST', '/messages/send', { token, body: { roomId, content, ...more } });
    expect(answer.status).toBe(201);
    return exactly(apiContract.messages.send.responses[201], answer).data.message;
  };

  return { url, send, refused, register, createRoom, say };
};
