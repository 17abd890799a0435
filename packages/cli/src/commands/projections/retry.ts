import { z } from 'zod';
import type { CommandFile } from '../../frame/command-file.ts';
import { CliError } from '../../frame/exit-codes.ts';
import { withMaintenance } from '../../frame/maintenance.ts';

const options = z.object({ all: z.boolean().default(false), schema: z.string().optional() });

export const projectionsRetry: CommandFile = (projections, action) => {
  projections
    .command('retry')
    .argument('[name...]', 'what is parked, as projections status names it: room:6f1c…')
    .summary('project what is parked, after a fix')
    .description(
      'Projects the events of a parked room, account or file from the one that could not be projected on, in order, and unparks it; the ' +
        'projectors go on meanwhile. Run it with the software that has the fix, after the projectors run it. Exits with 3 when something is still parked.',
    )
    .option('--all', 'all that is parked')
    .option('--schema <schema>', 'in this read model only (default: in all)')
    .addHelpText('after', '\nExamples:\n  kuraxx projections retry room:6f1c…\n  kuraxx projections retry --all\n')
    .action(
      action(options, (context, { all, schema }, names) =>
        withMaintenance(context, async (maintenance) => {
          if (all === names.length > 0) throw new CliError('usage', 'name what to retry, or say --all');
          const { models } = await maintenance.status();
          const parked = models
            .filter((model) => schema === undefined || model.schema === schema)
            .flatMap((model) => model.parked.map(({ aggregate }) => ({ schema: model.schema, aggregate })))
            .filter(({ aggregate }) => all || names.includes(aggregate));
          for (const name of names) {
            if (!parked.some(({ aggregate }) => aggregate === name))
              throw new CliError('refused', `${name} is not parked`);
          }
          let isStill = false;
          for (const one of parked) {
            if (context.signal.aborted) return 'cancelled';
            const retried = await maintenance.retry(one.schema, one.aggregate, context.signal);
            isStill ||= retried.outcome === 'still parked';
            await context.output.line({ ...one, ...retried }, () =>
              retried.outcome === 'still parked'
                ? `${one.schema} ${one.aggregate}: still parked after ${retried.events} events: ${retried.reason}`
                : `${one.schema} ${one.aggregate}: ${retried.outcome}${'events' in retried ? `, ${retried.events} events projected` : ''}`,
            );
          }
          if (parked.length === 0) context.output.note('Nothing is parked.'); // and so there is no line of a result
          return isStill ? 'unsound' : 'done';
        }),
      ),
    );
};
