import { apiContract } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { type AppRouter, isAppRoute } from '@ts-rest/core';
import type { RequestHandler } from 'express';
import { Router } from 'express';
import { pino } from 'pino';
import { createApp } from './app.ts';
import { type AnyHandlers, type Caller, endpointsOf } from './handler.ts';
import type { LimitRequests } from './rate-limit.ts';
import { listen } from './server.ts';

export const callerId = '7d0c8f6e-2b1a-4c3d-9e5f-0a1b2c3d4e5f';

const caller: Caller = {
  userId: callerId,
  username: 'mira_k',
  email: 'mira@example.org',
  sessionId: 's',
  passwordVersion: 0,
  expiresAtMs: 0,
  account: {
    status: 'registered',
    userId: callerId,
    username: 'mira_k',
    displayName: 'Mira',
    avatarUrl: null,
    createdAt: '2031-02-03T04:05:06.789Z',
    passwordVersion: 0,
    updatedAt: '2031-02-03T04:05:06.789Z',
  },
};

/** Handlers that answer with what they were given. */
export const echoHandlers = (contract: AppRouter): AnyHandlers =>
  Object.fromEntries(
    Object.entries(contract).map(([name, entry]) => [
      name,
      isAppRoute(entry)
        ? async ({ params, query, body, address, caller: by }) => ({
            data: { route: `${entry.method} ${entry.path}`, params, query, body, address, by: by?.userId },
          })
        : echoHandlers(entry),
    ]),
  );

/** The HTTP side alone, on a free port. `good` is the only valid token. */
export const startApp = async (
  options: {
    handlers?: AnyHandlers;
    limitRequests?: LimitRequests;
    measure?: RequestHandler;
    origins?: string[];
    trustedProxies?: number;
    page?: { folder: string };
    wsUrl?: string;
    isStopping?: () => boolean;
  } = {},
) => {
  const logged: string[] = [];
  const app = createApp({
    endpoints: endpointsOf(apiContract, { ...echoHandlers(apiContract), ...options.handlers }),
    authenticate: async (token) => {
      if (token !== 'good') throw new Refusal('AUTH_TOKEN_INVALID');
      return caller;
    },
    guard: (work) => work,
    measure: options.measure,
    limitRequests: options.limitRequests,
    outgoing: { text: (json) => json, bytes: (json) => json },
    files: Router(),
    pageFolder: options.page?.folder ?? '/no/page',
    isStopping: options.isStopping ?? (() => false),
    config: {
      http: { port: 0, trustedProxies: options.trustedProxies ?? 0 },
      cors: { origins: options.origins ?? ['http://localhost:3000'] },
      ws: { port: 3002, publicUrl: options.wsUrl },
      files: { baseUrl: 'http://localhost:3001' },
    },
    logger: pino({ level: 'info' }, { write: (line: string) => logged.push(line) }),
  });
  const server = await listen(app, 0, options.isStopping);
  const url = `http://127.0.0.1:${server.port}`;
  const send = async (
    method: string,
    path: string,
    init: { body?: string | Uint8Array; headers?: Record<string, string> } = {},
  ) => {
    const headers = { authorization: 'Bearer good', ...init.headers };
    const response = await fetch(url + path, { method, ...init, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { url, port: server.port, send, logged, close: () => server.close() };
};
