import type { Rule, Violation } from '../check/violation.ts';
import type { Counts } from './counts.ts';
import type { Recovery } from './recoveries.ts';

/** How a run ended. */
export type Verdict = {
  readonly seed: number;
  /** How long clients and faults went on. */
  readonly minutes: number;
  readonly passed: boolean;
  readonly counts: Counts;
  readonly violations: readonly Violation[];
  /** How long after each kill of a server every room took messages again. */
  readonly recoveries: readonly Recovery[];
  /** Where the plan, the history, the log and everything that the processes wrote are. */
  readonly folder: string;
};

const shownViolations = 10;
const shownEvidence = 8;
const shownWidth = 400;

const line = (evidence: Violation['evidence'][number]): string => {
  const text = typeof evidence === 'string' ? evidence : JSON.stringify(evidence);
  return `      ${text.length > shownWidth ? `${text.slice(0, shownWidth)}…` : text}`;
};

const violationText = ({ rule, what, evidence }: Violation): string => {
  const more = evidence.length - shownEvidence;
  return [
    `  ${rule}: ${what}`,
    ...evidence.slice(0, shownEvidence).map(line),
    ...(more > 0 ? [`      … and ${more} more`] : []),
  ].join('\n');
};

/** How many violations there are of each rule. */
const byRule = (violations: readonly Violation[]): string => {
  const counts = new Map<Rule, number>();
  for (const { rule } of violations) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts].map(([rule, count]) => `${count} × ${rule}`).join(', ');
};

/** The verdict for people. */
export const verdictText = ({ seed, minutes, passed, counts, violations, folder }: Verdict): string => {
  const figures = [
    `${counts.acknowledgedWrites} acknowledged writes (${counts.unknownAttempts} attempts with unknown outcome, ${counts.refusedAttempts} refused)`,
    `${counts.events} events in the log, ${counts.frames} frames to sockets, ${counts.mirrored} publishes heard`,
    `${counts.kills} kills, ${counts.restarts} restarts, ${counts.freezes} freezes, ${counts.cuts} cuts, ${counts.stalls} stalls, ${counts.delays} delays`,
    `${counts.reconnects} reconnects, ${counts.resumes} resumes`,
  ];
  const head = passed
    ? `Chaos: everything holds. Seed ${seed}, ${minutes} min.`
    : `Chaos: BROKEN. Seed ${seed}, ${minutes} min. Again: npm run chaos -- --minutes ${minutes} --seed ${seed}`;
  const broken = [
    `  ${violations.length} violations: ${byRule(violations)}`,
    ...violations.slice(0, shownViolations).map(violationText),
    ...(violations.length > shownViolations ? [`  … all ${violations.length} are in violations.json`] : []),
    `  Everything that was recorded: ${folder}`,
  ];
  return [head, ...figures.map((figure) => `  ${figure}`), ...(passed ? ['  0 violations'] : broken)].join('\n');
};
