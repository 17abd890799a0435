import type { RegisteredAccount, SenderProfile } from '@kuraxx/domain';

/** A sender's profile as messages carry it. Who acts is there: online, and so without a last time. */
export const senderOf = ({ userId, username, displayName, avatarUrl }: RegisteredAccount): SenderProfile => ({
  id: userId,
  username,
  displayName,
  avatarUrl,
  isOnline: true,
  lastSeenAt: null,
});
