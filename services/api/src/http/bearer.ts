import type { Request } from 'express';
import { Problem } from './problem.ts';

/** The token of `Authorization: Bearer …`, if there is one. */
export const findBearerToken = (request: Request): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];

/** @throws {Problem} AUTH_UNAUTHORIZED without a bearer token */
export const bearerToken = (request: Request): string => {
  const token = findBearerToken(request);
  if (token === undefined) throw new Problem('AUTH_UNAUTHORIZED');
  return token;
};
