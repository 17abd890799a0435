import type { OwnUser } from '@kuraxx/contracts';
import { Refusal } from '@kuraxx/domain';
import { type Api, ifAvailable } from '../api.ts';

/**
 * A user as they see themself: from the account, so that it works without the read models. Only whether they are
 * online comes from there.
 */
export const ownUser = async ({ commands, readModel }: Api, userId: string): Promise<OwnUser> => {
  const [account, email, shown] = await Promise.all([
    commands.accounts.find(userId),
    commands.accounts.email(userId),
    ifAvailable(readModel.queries.findUser(userId)),
  ]);
  if (account === undefined || email === undefined) throw new Refusal('AUTH_UNAUTHORIZED');
  const { username, displayName, avatarUrl, createdAt, updatedAt } = account;
  const presence = { isOnline: shown?.isOnline ?? false, lastSeenAt: shown?.lastSeenAt ?? null };
  return { id: userId, email, username, displayName, avatarUrl, ...presence, createdAt, updatedAt };
};
