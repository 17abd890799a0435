import { CliError } from '../frame/exit-codes.ts';
import type { Kind } from './events-of.ts';

/** A row that is left out, and why. */
export type Problem = { readonly table: string; readonly id: string; readonly reason: string };

export type Counts = Record<Kind, number>;

/** So many bad rows are kept to be named. More mean that something is wrong with the whole, unless they are to be left out. */
const maxProblems = 10_000;

export const zeroes = (): Counts => ({
  user: 0,
  profile: 0,
  room: 0,
  'room-update': 0,
  member: 0,
  message: 0,
  edit: 0,
  deletion: 0,
});

/** What became of the rows. */
export type Tally = {
  /** Events that the rows come to, whether they are stored by this run or were before. */
  readonly events: Counts;
  /** Of those: stored by this run. */
  readonly stored: Counts;
  /** The first ones; `problemCount` is how many there are. */
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  /** Rows that are left out because their room or their user is. */
  readonly along: { readonly members: number; readonly messages: number };
  /** Ids of messages that answer none in their room: kept, without the reference. */
  readonly strayReplies: number;
};

/** @param leaveOut whether bad rows are left out, however many */
export const createTally = ({ leaveOut }: { readonly leaveOut: boolean }) => {
  const events = zeroes();
  const stored = zeroes();
  const problems: Problem[] = [];
  const bad = new Set<string>();
  const along = { members: 0, messages: 0 };
  let problemCount = 0;
  let strayReplies = 0;
  return {
    counted: (kind: Kind): void => void events[kind]++,
    stored: (kind: Kind): void => void stored[kind]++,
    /** @throws {CliError} unsound, when there are too many and they are not to be left out */
    problem: (problem: Problem): void => {
      problemCount++;
      bad.add(`${problem.table}:${problem.id}`);
      if (problemCount <= maxProblems) problems.push(problem);
      if (leaveOut || problemCount <= maxProblems) return;
      const { table, id, reason } = problem;
      throw new CliError(
        'unsound',
        `more than ${maxProblems} rows can't be taken over; the last one: ${table} ${id}: ${reason}`,
      );
    },
    isBad: (table: string, id: string): boolean => bad.has(`${table}:${id}`),
    along: (what: keyof typeof along, count = 1): void => void (along[what] += count),
    strayReply: (): void => void strayReplies++,
    read: (): Tally => ({ events, stored, problems, problemCount, along, strayReplies }),
  };
};

export type OpenTally = ReturnType<typeof createTally>;
