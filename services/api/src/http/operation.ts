import { isOpenToAll } from '@kuraxx/contracts';
import type { Operation } from '@kuraxx/limits';
import type { AppRoute } from '@ts-rest/core';

/** As what a route counts, beside `request`. Routes without a token are those that give one: they cost the most. */
export const operationOf = (route: Pick<AppRoute, 'method' | 'path' | 'metadata'>): Operation => {
  if (route.method === 'GET') return 'read';
  if (isOpenToAll(route.metadata)) return 'signIn';
  if (route.path === '/messages/send') return 'send';
  if (route.path.startsWith('/upload/') && route.method === 'POST') return 'upload';
  return 'write';
};
