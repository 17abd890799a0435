import type { apiContract } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { type Api, settle } from '../api.ts';
import type { Handlers } from '../http/handler.ts';
import { withPassword } from '../limits.ts';
import { metaOf } from '../paging.ts';
import { keepPicture } from '../uploads/picture.ts';
import { ownUser } from './own-user.ts';

export const userHandlers = (api: Api): Handlers<typeof apiContract.users> => {
  const { commands, freshness, readModel } = api;

  return {
    search: async ({ query, caller }) => {
      const queries = await readModel.queriesAt(await freshness.accounts());
      const { users, total } = await queries.searchUsers(query.query ?? query.q ?? '', caller.userId, query);
      return { data: { users }, meta: metaOf(query, total) };
    },

    get: async ({ params }) => {
      const queries = await readModel.queriesAt(await freshness.accounts());
      const user = await queries.findUser(params.id);
      if (user === undefined) throw new Refusal('AUTH_USER_NOT_FOUND');
      return { data: { user } };
    },

    updateMe: async (call) => {
      const { userId, username, account } = call.caller;
      const { displayName, avatarUrl } = call.body;
      const picture = avatarUrl && (await keepPicture(api, userId, avatarUrl, account.avatarUrl, { kind: 'user' }));
      const { position } = await commands.accounts.updateProfile(userId, {
        displayName: displayName === undefined ? undefined : displayName || username,
        avatarUrl: picture,
      });
      await settle(api, call, position);
      return { data: { user: await ownUser(api, userId) }, position };
    },

    deleteMe: async (call) => {
      const { userId, email } = call.caller;
      const remove = () => commands.accounts.remove(userId, call.body.password);
      const { position } = await withPassword(api.limits, { email, address: call.address }, remove);
      await settle(api, call, position);
      return { data: { message: 'Account deleted successfully' }, position };
    },
  };
};
