import type { apiContract } from '@kuraxx/contracts';
import type { AppRoute, AppRouter } from '@ts-rest/core';

type RouteText<R extends AppRoute> = R extends { metadata: { openToAll: true } }
  ? `open ${R['method']} ${R['path']}`
  : `${R['method']} ${R['path']}`;

type RoutesOf<C extends AppRouter> = {
  readonly [K in keyof C]: C[K] extends AppRoute ? RouteText<C[K]> : C[K] extends AppRouter ? RoutesOf<C[K]> : never;
};

/**
 * Method and path of every route of the contract; `open` ones need no access token. Written out, because the contract itself brings zod and
 * every schema along, which a browser can do without. The compiler holds it to the contract: a missing, surplus or wrong line is an error.
 */
export const routes = {
  auth: {
    register: 'open POST /auth/register',
    login: 'open POST /auth/login',
    refresh: 'open POST /auth/refresh',
    logout: 'POST /auth/logout',
    changePassword: 'POST /auth/password',
    me: 'GET /auth/me',
  },
  rooms: {
    create: 'POST /rooms/create',
    list: 'GET /rooms/list',
    discover: 'GET /rooms/discover',
    get: 'GET /rooms/:id',
    update: 'PATCH /rooms/:id',
    remove: 'DELETE /rooms/:id',
    members: 'GET /rooms/:id/members',
    log: 'GET /rooms/:id/log',
    at: 'GET /rooms/:id/at',
    addMember: 'POST /rooms/:id/members',
    changeRole: 'PATCH /rooms/:id/members/:userId',
    removeMember: 'DELETE /rooms/:id/members/:userId',
    join: 'POST /rooms/:id/join',
    leave: 'POST /rooms/:id/leave',
    transfer: 'POST /rooms/:id/transfer',
  },
  messages: {
    send: 'POST /messages/send',
    history: 'GET /messages/history',
    get: 'GET /messages/:id',
    edit: 'PATCH /messages/:id',
    remove: 'DELETE /messages/:id',
  },
  users: {
    search: 'GET /users/search',
    get: 'GET /users/:id',
    updateMe: 'PATCH /users/me',
    deleteMe: 'DELETE /users/me',
  },
  stats: { get: 'GET /stats' },
  upload: {
    signedUrl: 'POST /upload/signed-url',
    file: 'POST /upload/file',
    image: 'POST /upload/image',
    remove: 'DELETE /upload/:fileId',
  },
} as const satisfies RoutesOf<typeof apiContract>;
