import { initContract } from '@ts-rest/core';
import { z } from 'zod';
import { ownUser, publicUser } from '../objects.ts';
import { password, text } from '../text.ts';
import { commonErrors, confirmation, emptyBody, ok, openToAll } from './envelope.ts';

const tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Life of the access token in milliseconds. */
  expiresIn: z.int(),
});

const signedIn = ok(tokens.extend({ user: publicUser }));

export const authContract = initContract().router(
  {
    register: {
      method: 'POST',
      path: '/auth/register',
      summary: 'Create an account and sign in',
      metadata: openToAll,
      body: z.object({
        email: z.email().max(254),
        username: z
          .string()
          .min(3)
          .max(30)
          .regex(/^[A-Za-z0-9_]+$/, 'letters, digits and _ only'),
        password,
        /** Empty or absent: the username. */
        displayName: text({ max: 50 }).optional(),
      }),
      responses: { 201: signedIn },
    },
    login: {
      method: 'POST',
      path: '/auth/login',
      summary: 'Sign in',
      metadata: openToAll,
      body: z.object({ email: z.email().max(254), password: z.string().min(1).max(1024) }),
      responses: { 200: signedIn },
    },
    refresh: {
      method: 'POST',
      path: '/auth/refresh',
      summary: 'Trade a refresh token, once, for a new pair',
      metadata: openToAll,
      body: z.object({ refreshToken: z.string().min(1).max(2048) }),
      responses: { 200: ok(tokens) },
    },
    logout: {
      method: 'POST',
      path: '/auth/logout',
      summary: 'End all sessions of the caller',
      body: emptyBody,
      responses: { 200: confirmation },
    },
    changePassword: {
      method: 'POST',
      path: '/auth/password',
      summary: 'Change the password; ends all sessions and live sockets of the caller, who goes on with the new tokens',
      body: z.object({ currentPassword: z.string().min(1).max(1024), newPassword: password }),
      responses: { 200: ok(tokens) },
    },
    me: {
      method: 'GET',
      path: '/auth/me',
      summary: 'The caller',
      responses: { 200: ok(z.object({ user: ownUser })) },
    },
  },
  { commonResponses: commonErrors, strictStatusCodes: true },
);
