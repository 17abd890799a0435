import type { RefusalCode } from '../refusal.ts';
import type { Standing } from './standing.ts';

/**
 * What comes of an operation: it is done; `nothing`: no refusal, but nothing happens and nothing is shown; a refusal by its
 * code; `impossible`: nobody can stand so to the operation's target (a room with one member has no plain member).
 */
export type Verdict = 'allowed' | 'nothing' | 'impossible' | RefusalCode;

type Row = readonly [
  none: Verdict,
  stranger: Verdict,
  removed: Verdict,
  member: Verdict,
  admin: Verdict,
  owner: Verdict,
];

const yes = 'allowed';
const no = 'ROOM_ACCESS_DENIED';
const token = 'AUTH_UNAUTHORIZED';
const fake = 'AUTH_TOKEN_INVALID';
const who = 'ROOM_NOT_FOUND'; // the target is not in the room
const in_ = 'RESOURCE_EXISTS'; // in it already
const gone = 'RESOURCE_NOT_FOUND'; // other people's are not told apart from none
const mute = 'nothing';
const never = 'impossible';

/**
 * Who may do what: the one table of rights. The deciders refuse by it, and the authorisation matrix of packages/e2e has a
 * test for each cell. An operation is named `<what>.<does>`, then what it is done to or under where that matters. Targets
 * of member operations: a `member`, an `admin`, the `owner`, a `stranger` (not in the room), oneself (`self`); `last`:
 * nobody else is in the room.
 */
// biome-ignore format: a table is read by its columns
export const policy = {
  //                             none   stranger removed member admin  owner
  'account.register':           [yes,   yes,     yes,    yes,   yes,   yes],
  'account.logIn':              [yes,   yes,     yes,    yes,   yes,   yes],
  'account.refresh':            [yes,   yes,     yes,    yes,   yes,   yes],
  'account.logOut':             [token, yes,     yes,    yes,   yes,   yes],
  'account.read':               [token, yes,     yes,    yes,   yes,   yes],
  'account.update':             [token, yes,     yes,    yes,   yes,   yes],
  'account.changePassword':     [token, yes,     yes,    yes,   yes,   yes],
  'account.delete':             [token, yes,     yes,    yes,   yes,   yes],
  'user.read':                  [token, yes,     yes,    yes,   yes,   yes],
  'user.search':                [token, yes,     yes,    yes,   yes,   yes],
  'stats.read':                 [token, yes,     yes,    yes,   yes,   yes],

  'room.create':                [token, yes,     yes,    yes,   yes,   yes],
  'room.list':                  [token, mute,    mute,   yes,   yes,   yes],
  'room.discover.public':       [token, yes,     yes,    mute,  mute,  mute],
  'room.discover.private':      [token, mute,    mute,   mute,  mute,  mute],
  'room.read':                  [token, no,      no,     yes,   yes,   yes],
  'room.readMembers':           [token, no,      no,     yes,   yes,   yes],
  'room.readLog':              [token, no,      no,     no,    yes,   yes],
  'room.readPast':              [token, no,      no,     no,    yes,   yes],
  'room.update':                [token, no,      no,     no,    yes,   yes],
  'room.delete':                [token, no,      no,     no,    no,    yes],

  'room.join.public':           [token, yes,     yes,    in_,   in_,   in_],
  'room.join.withPasscode':     [token, yes,     yes,    in_,   in_,   in_],
  'room.join.withoutPasscode':  [token, no,      no,     in_,   in_,   in_],
  'room.leave':                 [token, no,      no,     yes,   yes,   no],
  'room.leave.last':            [token, no,      no,     never, never, yes],

  'room.addMember':             [token, no,      no,     no,    yes,   yes],
  'room.addAdmin':              [token, no,      no,     no,    no,    yes],
  'room.remove.member':         [token, no,      no,     no,    yes,   yes],
  'room.remove.admin':          [token, no,      no,     no,    no,    yes],
  'room.remove.owner':          [token, no,      no,     no,    no,    never],
  'room.remove.stranger':       [token, no,      no,     no,    who,   who],
  'room.remove.self':           [token, no,      no,     yes,   yes,   no],
  'room.remove.self.last':      [token, no,      no,     never, never, yes],
  'room.changeRole.member':     [token, no,      no,     no,    no,    yes],
  'room.changeRole.admin':      [token, no,      no,     no,    no,    yes],
  'room.changeRole.owner':      [token, no,      no,     no,    no,    no],
  'room.changeRole.stranger':   [token, no,      no,     no,    no,    who],
  'room.transfer.member':       [token, no,      no,     no,    no,    yes],
  'room.transfer.admin':        [token, no,      no,     no,    no,    yes],
  'room.transfer.owner':        [token, no,      no,     no,    no,    yes],
  'room.transfer.stranger':     [token, no,      no,     no,    no,    who],

  'message.send':               [token, no,      no,     yes,   yes,   yes],
  'message.readHistory':        [token, no,      no,     yes,   yes,   yes],
  'message.read':               [token, no,      no,     yes,   yes,   yes],
  'message.edit.own':           [token, no,      no,     yes,   yes,   yes],
  'message.edit.other':         [token, no,      no,     no,    no,    no],
  'message.edit.system':        [token, no,      no,     no,    no,    no],
  'message.delete.own':         [token, no,      no,     yes,   yes,   yes],
  'message.delete.other':       [token, no,      no,     no,    yes,   yes],
  'message.delete.system':      [token, no,      no,     no,    yes,   yes],

  'file.announce':              [token, yes,     yes,    yes,   yes,   yes],
  'file.upload':                [token, yes,     yes,    yes,   yes,   yes],
  'file.uploadImage':           [token, yes,     yes,    yes,   yes,   yes],
  'file.delete.own':            [token, yes,     yes,    yes,   yes,   yes],
  'file.delete.other':          [token, gone,    gone,   gone,  gone,  gone],

  // Live
  'socket.authenticate':        [fake,  yes,     yes,    yes,   yes,   yes],
  'live.follow':                [token, no,      no,     yes,   yes,   yes],
  'live.resume':                [token, mute,    mute,   yes,   yes,   yes],
  'live.unfollow':              [token, yes,     yes,    yes,   yes,   yes],
  'live.type':                  [mute,  mute,    mute,   yes,   yes,   yes],
  'live.hear':                  [mute,  mute,    mute,   yes,   yes,   yes],
  'live.hearPresence':          [mute,  mute,    mute,   yes,   yes,   yes],
} as const satisfies Record<string, Row>;

/** Something that somebody may or may not do: a row of the policy. */
export type Operation = keyof typeof policy;

/** @returns whether the policy has a row of this name */
export const isOperation = (name: string): name is Operation => Object.hasOwn(policy, name);

/** Every operation, in the table's order. */
export const operations: readonly Operation[] = Object.keys(policy).filter(isOperation);

const columns = { none: 0, stranger: 1, removed: 2, member: 3, admin: 4, owner: 5 } as const satisfies Record<
  Standing,
  number
>;

/** @returns what the policy says to somebody who stands so */
export const verdictOf = (operation: Operation, standing: Standing): Verdict => policy[operation][columns[standing]];
