import { type Recorded, recordsOf } from '../history/records.ts';
import { checkLegal } from './legal.ts';
import type { LogEvent } from './log-event.ts';
import { checkMirror } from './mirror.ts';
import { checkOutsiders } from './outsiders.ts';
import { checkPages } from './pages.ts';
import { roomLogsOf } from './room-log.ts';
import { checkReplay, checkRows, type Rows, type Tables } from './rows.ts';
import { checkSequences } from './sequences.ts';
import type { Violation } from './violation.ts';
import { checkWrites } from './writes.ts';

/** Everything that was recorded of a run. */
export type Recording = {
  readonly history: readonly Recorded[];
  /** In order within each partition. */
  readonly log: readonly LogEvent[];
  readonly rows: Rows;
  /** The read model's tables as they serve, and as a replay into an empty schema makes them. */
  readonly serving: Tables;
  readonly replayed: Tables;
};

const checkAnswers = (history: readonly Recorded[]): Violation[] =>
  recordsOf(history, 'trouble').map((trouble) => ({ rule: 'answers', what: trouble.what, evidence: [trouble] }));

/** Checks a whole run against what the system promises. Pure. @returns what is broken, with its evidence; empty when all holds */
export const check = ({ history, log, rows, serving, replayed }: Recording): Violation[] => {
  const rooms = roomLogsOf(log);
  return [
    ...checkWrites(history, log),
    ...[...rooms.values()].flatMap(checkLegal),
    ...checkSequences(history, rooms),
    ...checkOutsiders(history, rooms),
    ...checkPages(history, rooms),
    ...checkRows(rows, rooms, log),
    ...checkReplay(serving, replayed),
    ...checkMirror(history, rooms),
    ...checkAnswers(history),
  ];
};
