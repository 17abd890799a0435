import type { Rest } from './rest.ts';
import type { Tokens } from './session.ts';

/**
 * The same REST API; but whoever changes the password goes on with the tokens of the new session, since the old one, like all others of this
 * user, has ended with the change.
 *
 * @param adopt is given them before the call resolves
 */
export const adoptingTokens = (rest: Rest, adopt: (tokens: Tokens) => Promise<void>): Rest => ({
  ...rest,
  auth: {
    ...rest.auth,
    async changePassword(...call) {
      const tokens = await rest.auth.changePassword(...call);
      await adopt(tokens);
      return tokens;
    },
  },
});
