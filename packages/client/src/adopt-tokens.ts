import type { Rest } from './rest.ts';
import type { Tokens } from './session.ts';

/**
 * The same REST API; but whoever changes the password goes on with the tokens of the new session, since the old one, like all others of this
 * user, has ended with the change.
 *
 * @param ready is called before the request; what it returns is given the tokens before the call resolves
 */
export const adoptingTokens = (rest: Rest, ready: () => (tokens: Tokens) => Promise<void>): Rest => ({
  ...rest,
  auth: {
    ...rest.auth,
    async changePassword(...call) {
      const adopt = ready();
      const tokens = await rest.auth.changePassword(...call);
      await adopt(tokens);
      return tokens;
    },
  },
});
