import type { apiContract, PublicUser } from '@kuraxx/contracts';
import { type Api, ifAvailable, settle } from '../api.ts';
import type { Handlers } from '../http/handler.ts';
import { logInAttempt, withPassword } from '../limits.ts';
import { ownUser } from './own-user.ts';

type Account = NonNullable<Awaited<ReturnType<Api['commands']['accounts']['find']>>>;

const publicUser = ({ userId, username, displayName, avatarUrl }: Account, isOnline: boolean): PublicUser => ({
  id: userId,
  username,
  displayName,
  avatarUrl,
  isOnline,
  lastSeenAt: null,
});

export const authHandlers = (api: Api): Handlers<typeof apiContract.auth> => {
  const { accounts } = api.commands;
  const { limits } = api;

  /** Signing in and out must not fail for want of Postgres: who is online is then told by the sockets alone. */
  const setOnline = async (userId: string, isOnline: boolean): Promise<void> => {
    const at = new Date().toISOString();
    const change = { userId, isOnline, lastSeenAt: isOnline ? null : at, at };
    await ifAvailable(api.readModel.presence.set([change]));
  };

  return {
    register: async (call) => {
      const { displayName, ...names } = call.body;
      const register = () => accounts.register(displayName ? { ...names, displayName } : names);
      const registered = await limits.passwordWork.run(call.address, register);
      await limits.passwords.vouch(logInAttempt(names.email, call.address));
      await settle(api, call, registered.position);
      const user = publicUser(registered.account, false);
      return { data: { user, ...registered.tokens }, position: registered.position };
    },

    login: async ({ body, address }) => {
      const by = { email: body.email, address };
      const { account, tokens } = await withPassword(limits, by, () => accounts.login(body));
      const known = await ifAvailable(api.readModel.queries.findUser(account.userId));
      await setOnline(account.userId, true);
      const user = { ...publicUser(account, true), lastSeenAt: known?.lastSeenAt ?? null };
      return { data: { user, ...tokens } };
    },

    refresh: async ({ body }) => ({ data: await accounts.refresh(body.refreshToken) }),

    logout: async ({ caller }) => {
      await accounts.logout(caller.userId);
      await setOnline(caller.userId, false);
      return { data: { message: 'Logged out successfully' } };
    },

    changePassword: async (call) => {
      const { userId, email } = call.caller;
      const change = () => accounts.changePassword(userId, call.body);
      const { tokens, position } = await withPassword(limits, { email, address: call.address }, change);
      await settle(api, call, position);
      return { data: tokens, position };
    },

    me: async ({ caller }) => ({ data: { user: await ownUser(api, caller.userId) } }),
  };
};
