import jsonwebtoken from 'jsonwebtoken';
import { z } from 'zod';

/** A signature costs 80 µs, and a client sends the same token again and again. */
const maxTokens = 10_000;

const claims = z.object({ userId: z.string(), typ: z.literal('access'), exp: z.number() });

/** Whose valid access token this is; undefined when it is none: what is wrong with it is for the route to say. */
export type UserOfToken = (token: string) => string | undefined;

/**
 * Remembers the tokens that it has verified, until they expire.
 *
 * @param secrets any of them will do: the present one first, then those of before
 */
export const createUserOfToken = (secrets: readonly string[]): UserOfToken => {
  const known = new Map<string, { readonly userId: string; readonly expiresAtMs: number }>();
  return (token) => {
    const found = known.get(token);
    if (found !== undefined && found.expiresAtMs > Date.now()) return found.userId;
    for (const secret of secrets) {
      try {
        const { userId, exp } = claims.parse(jsonwebtoken.verify(token, secret, { algorithms: ['HS256'] }));
        const [oldest] = known.keys();
        if (known.size >= maxTokens && oldest !== undefined) known.delete(oldest);
        known.set(token, { userId, expiresAtMs: exp * 1000 });
        return userId;
      } catch {
        known.delete(token); // not by this secret: perhaps by the next
      }
    }
    return undefined;
  };
};
