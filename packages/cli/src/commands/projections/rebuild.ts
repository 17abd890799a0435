import { z } from 'zod';
import type { CommandFile } from '../../frame/command-file.ts';
import { withMaintenance } from '../../frame/maintenance.ts';
import { comparisonJson, comparisonText } from '../../projections/comparison-text.ts';
import { createMeter } from '../../projections/meter.ts';
import { untilAnnounced } from '../../projections/report-switch.ts';

const options = z.object({
  compare: z.boolean(),
  switch: z.boolean(),
  acceptDifferences: z.boolean().default(false),
  fullSpeed: z.boolean().default(false),
});

export const projectionsRebuild: CommandFile = (projections, action) => {
  projections
    .command('rebuild')
    .summary('build the read model anew, beside the running system, and switch to it')
    .description(
      'Fills a new schema from the log while the old one serves, compares the two at the same positions, lets the projectors follow the ' +
        'new one, and switches to it in one transaction. Readers notice next to nothing, for it rests half of the time. The old one is kept up to date for a rollback, until it is dropped.\n\n' +
        'Ctrl-C breaks it off at any point and leaves the old one serving; the same command goes on from there. When the two differ ' +
        'nothing is switched and it exits with 3.',
    )
    .option('--no-compare', 'do not compare them')
    .option(
      '--accept-differences',
      'switch although they differ: after a change or a fix of the projection they should',
    )
    .option('--no-switch', 'leave the old one serving; later: kuraxx projections switch <schema>')
    .option('--full-speed', 'do not rest: about twice as fast where nobody waits for an answer, or cores are left over')
    .addHelpText(
      'after',
      '\nExamples:\n  kuraxx projections rebuild\n  kuraxx projections rebuild --accept-differences   # after a fix of the projection\n  kuraxx projections rollback                       # if it was a mistake\n  kuraxx projections drop read_1                    # when it was not\n',
    )
    .action(
      action(options, (context, given) =>
        withMaintenance(context, async (maintenance) => {
          const { servers, output, signal } = context;
          const log = await servers.log();
          const heads = async () =>
            new Map(await Promise.all(log.partitions.map(async (one) => [one, await log.head(one)] as const)));
          const unfinished = (await maintenance.status()).models.find(({ state }) => state === 'building');
          const begun = new Map(unfinished?.partitions.map(({ partition, checkpoint }) => [partition, checkpoint]));
          const meter = createMeter(output, heads, begun);
          try {
            const rebuilt = await maintenance.rebuild({
              compare: given.compare,
              acceptDifferences: given.acceptDifferences,
              switchOver: given.switch,
              fullSpeed: given.fullSpeed,
              signal,
              onPhase: (phase, schema) => meter.phase(`${phase} ${schema}`),
              onProgress: meter.progress,
            });
            if (rebuilt.switched !== undefined) await untilAnnounced(context, rebuilt.switched);
            const { schema, comparison, switched } = rebuilt;
            await output.line(
              { outcome: 'rebuilt', ...rebuilt, comparison: comparison && comparisonJson(comparison) },
              () =>
                [
                  ...(comparison === undefined ? [] : [comparisonText(comparison)]),
                  switched === undefined
                    ? `${schema} is complete and is kept up to date, and does not serve: kuraxx projections switch ${schema}`
                    : `${switched.schema} serves now. Back: kuraxx projections rollback. When all is well: kuraxx projections drop ${switched.previous}`,
                ].join('\n'),
            );
            return switched === undefined && comparison?.equal === false ? 'unsound' : 'done';
          } catch (error) {
            if (!signal.aborted) throw error;
            output.note('Broken off; what serves is untouched. The same command goes on from here.');
            return 'cancelled';
          } finally {
            meter.stop();
          }
        }),
      ),
    );
};
