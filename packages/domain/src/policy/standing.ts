/**
 * How a caller stands to a room: without a token, signed in but never a member, taken out of it by somebody, or a member
 * by role. The columns of the policy.
 */
export const standings = ['none', 'stranger', 'removed', 'member', 'admin', 'owner'] as const;
export type Standing = (typeof standings)[number];

/** Who is in a room, as far as rights go. */
export type Members = ReadonlyMap<string, { readonly role: 'OWNER' | 'ADMIN' | 'MEMBER' }>;

const byRole = { OWNER: 'owner', ADMIN: 'admin', MEMBER: 'member' } as const;

/** A room remembers nobody who went: whoever is not in it is a stranger, also who was removed. */
export type KnownStanding = Exclude<Standing, 'none' | 'removed'>;

/** @returns how a signed-in user stands to the room now */
export const standingOf = (members: Members, userId: string): KnownStanding => {
  const membership = members.get(userId);
  return membership === undefined ? 'stranger' : byRole[membership.role];
};
