import { createSecretKey, randomUUID } from 'node:crypto';
import { Refusal } from '@kuraxx/domain';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { createLru } from '../lru.ts';

/** What an access token says. The old system's three fields, and ours. */
const accessPayload = z.object({
  userId: z.string(),
  email: z.string(),
  username: z.string(),
  sid: z.string(),
  typ: z.literal('access'),
  /** See `RegisteredAccount.passwordVersion`. */
  pwv: z.int().default(0),
  exp: z.number(),
});

export type AccessClaims = {
  readonly userId: string;
  readonly email: string;
  readonly username: string;
  readonly sessionId: string;
  /** Of the password that was given when the session was opened. */
  readonly passwordVersion: number;
  readonly expiresAtMs: number;
};

/** At some 800 bytes each. */
const knownTokens = 4_000;

const isWrongKey = (error: unknown): boolean =>
  error instanceof jwt.JsonWebTokenError && error.message === 'invalid signature'; // the library has no class or code for it

/**
 * Access tokens: JWT, HS256. A refresh token is nothing of the kind and never passes here.
 *
 * @param keys.previousSecret while keys are changed: what it signed passes, it signs nothing
 */
export const createAccessTokens = ({
  secret,
  previousSecret,
  expiryMs,
}: {
  readonly secret: string;
  readonly previousSecret?: string | undefined;
  readonly expiryMs: number;
}) => {
  /** Of a text the library tries to make a public key first, at each token anew. */
  const key = createSecretKey(Buffer.from(secret));
  const previousKey = previousSecret === undefined ? undefined : createSecretKey(Buffer.from(previousSecret));
  /**
   * Tokens whose signature was right: that doesn't change, and a client sends the same one with every request. What can change (the
   * expiry, and whatever else its user did) is looked at each time.
   */
  const known = createLru<AccessClaims>(knownTokens);

  /** @throws {jwt.JsonWebTokenError} */
  const verifyWith = (token: string): unknown => {
    try {
      return jwt.verify(token, key, { algorithms: ['HS256'] });
    } catch (error) {
      if (previousKey === undefined || !isWrongKey(error)) throw error;
      return jwt.verify(token, previousKey, { algorithms: ['HS256'] });
    }
  };

  const read = (token: string): AccessClaims => {
    try {
      const { userId, email, username, sid, pwv, exp } = accessPayload.parse(verifyWith(token));
      return { userId, email, username, sessionId: sid, passwordVersion: pwv, expiresAtMs: exp * 1000 };
    } catch (error) {
      if (error instanceof jwt.TokenExpiredError) throw new Refusal('AUTH_TOKEN_EXPIRED');
      throw new Refusal('AUTH_TOKEN_INVALID');
    }
  };

  return {
    sign: (claims: Omit<AccessClaims, 'expiresAtMs'>): string => {
      const { userId, email, username, sessionId: sid, passwordVersion: pwv } = claims;
      return jwt.sign({ userId, email, username, sid, pwv, typ: 'access', jti: randomUUID() }, key, {
        algorithm: 'HS256',
        expiresIn: Math.max(1, Math.round(expiryMs / 1000)),
      });
    },
    /** @returns the same object for the same token, as long as it is remembered @throws {Refusal} AUTH_TOKEN_EXPIRED, AUTH_TOKEN_INVALID */
    verify: (token: string): AccessClaims => {
      const found = known.get(token);
      if (found === undefined) {
        const claims = read(token);
        known.set(token, claims);
        return claims;
      }
      if (Date.now() < found.expiresAtMs) return found;
      known.delete(token);
      throw new Refusal('AUTH_TOKEN_EXPIRED');
    },
  };
};
