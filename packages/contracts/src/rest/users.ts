import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { id, ownUser, publicUser } from '../objects.ts';
import { text } from '../text.ts';
import { commonErrors, confirmation, httpUrl, ok, okPage, pageQuery } from './envelope.ts';

const searchText = text({ min: 1, max: 50 });

export const usersContract = initContract().router(
  {
    search: {
      method: 'GET',
      path: '/users/search',
      summary: 'Users whose username or display name contains a text, without the caller',
      /** The old web client sends `q`; one of the two is needed. */
      query: pageQuery
        .extend({ query: searchText.optional(), q: searchText.optional() })
        .refine((value) => value.query !== undefined || value.q !== undefined, {
          message: 'is required',
          path: ['query'],
        }),
      responses: { 200: okPage(z.object({ users: z.array(publicUser) })) },
    },
    get: {
      method: 'GET',
      path: '/users/:id',
      pathParams: z.object({ id }),
      summary: 'A user',
      responses: { 200: ok(z.object({ user: publicUser })) },
    },
    updateMe: {
      method: 'PATCH',
      path: '/users/me',
      summary: "Change the caller's display name or picture",
      body: z.object({
        /** Empty: the username. */
        displayName: text({ max: 50 }).optional(),
        /** Null: none any more. */
        avatarUrl: httpUrl.nullable().optional(),
      }),
      responses: { 200: ok(z.object({ user: ownUser })) },
    },
    deleteMe: {
      method: 'DELETE',
      path: '/users/me',
      summary:
        'Delete the account for good: names are free again, owned rooms handed over, messages stay without a name',
      body: z.object({ password: z.string().min(1).max(1024) }),
      responses: { 200: confirmation },
    },
  },
  { commonResponses: commonErrors, strictStatusCodes: true },
);
