import type { Maintenance } from '@kuraxx/read-model';
import { z } from 'zod';
import type { Context } from '../frame/action.ts';
import type { CommandFile } from '../frame/command-file.ts';
import type { Exit } from '../frame/exit-codes.ts';
import { withMaintenance } from '../frame/maintenance.ts';
import { createPace } from '../legacy/pace.ts';
import { differencesOf, reportOf, reportText } from '../legacy/report.ts';
import { type LegacySource, openLegacySource } from '../legacy/source.ts';
import { createTally, type Tally } from '../legacy/tally.ts';
import { dryTarget, openTarget } from '../legacy/target.ts';
import { findImported } from '../legacy/verify.ts';
import { type Sink, walk } from '../legacy/walk.ts';

const options = z.object({
  databaseUrl: z.url({ protocol: /^postgres(ql)?$/, error: '--database-url is no postgresql:// URL' }),
  schema: z.string().min(1).default('public'),
  dryRun: z.boolean().default(false),
  leaveOut: z.boolean().default(false),
  wait: z.coerce.number().int().min(0).max(86_400).default(60),
});
type Options = z.output<typeof options>;

/** @returns undefined when it was broken off */
const pass = async (
  { output, signal }: Context,
  source: LegacySource,
  phase: string,
  sink: Sink,
  given: Options,
): Promise<Tally | undefined> => {
  const { users, rooms, members, messages, edits, deletions } = source.totals;
  const show = createPace(output, phase, users + rooms + members + messages + edits + deletions);
  const tally = createTally(given);
  try {
    await walk(source, sink, tally, (rows) => {
      signal.throwIfAborted();
      show(rows);
    });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
  return tally.read();
};

/** Counts, and says what differs. */
const verify = async (
  context: Context,
  maintenance: Maintenance,
  source: LegacySource,
  tally: Tally,
  waitMs: number,
): Promise<Exit> => {
  const { servers, output, signal } = context;
  const found = await findImported(await servers.log(), maintenance, {
    waitMs,
    signal,
    onRecords: (count) => output.isTerminal && output.redraw(`counted ${count} events`),
  });
  if (signal.aborted) return 'cancelled';
  const differences = differencesOf(tally, found);
  const report = reportOf(differences.length === 0 ? 'imported' : 'differs', source, tally, found);
  output.result(report, () => reportText(report));
  for (const difference of differences) output.note(difference);
  if (found.rows === null) {
    output.note(
      'The read model is not up to date, so its rows were not counted: with projectors running, the same command counts them.',
    );
  }
  return differences.length > 0 || tally.problems.length > 0 ? 'unsound' : 'done';
};

const run = async (context: Context, source: LegacySource, given: Options): Promise<Exit> => {
  const { servers, output } = context;
  const target = given.dryRun ? undefined : await openTarget(await servers.nats(), await servers.log());
  if (target !== undefined) servers.closeLater(() => target.close());
  if (target === undefined || !given.leaveOut) {
    const tally = await pass(context, source, 'checking', target?.check ?? dryTarget, given);
    if (tally === undefined) return 'cancelled';
    const isUnfit = tally.problems.length > 0;
    if (target === undefined || isUnfit) {
      const report = reportOf(target === undefined ? 'checked' : 'refused', source, tally, null);
      output.result(report, () => reportText(report));
      if (isUnfit)
        output.note(
          'Mend these rows in the old database, or go on without them: --leave-out. This run has written nothing.',
        );
      return isUnfit ? 'unsound' : 'done';
    }
  }
  const tally = await pass(context, source, 'importing', target, given);
  if (tally === undefined) {
    output.note('Broken off. The same command goes on from here.');
    return 'cancelled';
  }
  return withMaintenance(context, (maintenance) => verify(context, maintenance, source, tally, given.wait * 1000));
};

export const importLegacy: CommandFile = (program, action) => {
  program
    .command('import-legacy')
    .summary('take over users, rooms and messages of the old system')
    .description(
      "Reads the old system's Postgres database and writes what happened there as events: users with their passwords, rooms with members, " +
        'roles and passcodes, messages with their ids, times, replies, edits and deletions. First everything is checked; rows that have no ' +
        'place here are named and nothing is written (exit code 3), unless --leave-out is given. Then it is written, and counted in the ' +
        'log and in the read model. Nothing is written to the old database.\n\n' +
        'Broken off at any point (Ctrl-C, kill, a lost server), the same command goes on from there; nothing comes twice. Stop the old ' +
        'system first: what it deletes or takes back afterwards is not noticed.',
    )
    .requiredOption('--database-url <url>', 'the old database: postgresql://user:password@host:5432/name')
    .option('--schema <name>', 'the schema of its tables', 'public')
    .option('--dry-run', 'only check and count; needs no system to import into')
    .option('--leave-out', 'import without the rows that have no place here')
    .option('--wait <seconds>', 'how long to wait for the read model before its rows are counted', '60')
    .addHelpText(
      'after',
      '\nExamples:\n  kuraxx import-legacy --database-url postgresql://chat@old:5432/chat --dry-run\n' +
        '  kuraxx import-legacy --database-url postgresql://chat@old:5432/chat --json > report.json\n',
    )
    .action(
      action(options, async (context, given) => {
        const source = await openLegacySource(given.databaseUrl, given.schema);
        context.servers.closeLater(() => source.close());
        return run(context, source, given);
      }),
    );
};
