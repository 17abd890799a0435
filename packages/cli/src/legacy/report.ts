import { table } from '../frame/output.ts';
import { kinds } from './events-of.ts';
import type { LegacySource } from './source.ts';
import type { Counts, Problem, Tally } from './tally.ts';
import type { Found } from './verify.ts';

/** So many bad rows are named. */
const maxNamed = 1000;

export type Report = {
  readonly outcome: 'checked' | 'imported' | 'refused' | 'differs';
  readonly source: LegacySource['totals'];
  /** Rows of tables that have no place here. */
  readonly leftBehind: LegacySource['leftBehind'];
  /** Events that the old rows come to, and those that this run has stored. */
  readonly events: Counts;
  readonly stored: Counts;
  readonly problems: readonly Problem[];
  readonly problemCount: number;
  /** Left out because their room or their user is. */
  readonly leftOutAlong: Tally['along'];
  /** Replies to what is not in their room: kept without the reference. */
  readonly strayReplies: number;
  readonly found: Found | null;
};

/** What is not in the log as it should be, or not in the rows. */
export const differencesOf = ({ events }: Tally, { log, rows }: Found): string[] => {
  const inLog = kinds.flatMap((kind) =>
    log[kind] === events[kind] ? [] : [`${kind}: ${events[kind]} in the old database, ${log[kind]} in the log`],
  );
  const inRows = Object.entries(rows ?? {}).flatMap(([kind, { inLog: expected, inRows: there }]) =>
    expected === there ? [] : [`${kind}: ${expected} in the log, ${there} in the read model`],
  );
  return [...inLog, ...inRows];
};

export const reportOf = (
  outcome: Report['outcome'],
  source: LegacySource,
  tally: Tally,
  found: Found | null,
): Report => ({
  outcome,
  source: source.totals,
  leftBehind: source.leftBehind,
  events: tally.events,
  stored: tally.stored,
  problems: tally.problems.slice(0, maxNamed),
  problemCount: tally.problemCount,
  leftOutAlong: tally.along,
  strayReplies: tally.strayReplies,
  found,
});

const leftBehindText = ({ leftBehind }: Report): string[] => {
  const some = Object.entries(leftBehind).filter(([, rows]) => rows > 0);
  return some.length === 0
    ? []
    : [`left in the old database: ${some.map(([name, rows]) => `${rows} ${name}`).join(', ')}`];
};

export const reportText = (report: Report): string => {
  const { events, stored, found, problems, problemCount, leftOutAlong: along, strayReplies } = report;
  const rows = kinds.map((kind) => [kind, events[kind], stored[kind], found?.log[kind] ?? '']);
  return [
    table(['event', 'due', 'stored now', 'in the log'], rows),
    ...Object.entries(found?.rows ?? {}).map(
      ([kind, { inLog, inRows }]) => `${kind}: ${inLog} in the log, ${inRows} in the read model`,
    ),
    ...(strayReplies === 0 ? [] : [`${strayReplies} replies to what is not in their room come without the reference`]),
    ...leftBehindText(report),
    ...problems.map(({ table: name, id, reason }) => `${name} ${id}: ${reason}`),
    ...(problemCount > problems.length ? [`and ${problemCount - problems.length} more`] : []),
    ...(along.members + along.messages === 0
      ? []
      : [`with them go ${along.members} memberships and ${along.messages} messages of theirs`]),
  ].join('\n');
};
