import { z } from 'zod';
import type { CommandFile } from '../../frame/command-file.ts';
import { CliError, type Exit } from '../../frame/exit-codes.ts';
import { withMaintenance } from '../../frame/maintenance.ts';

export const projectionsDrop: CommandFile = (projections, action) => {
  projections
    .command('drop')
    .argument('<schema>', 'as in projections status: read_1')
    .summary('remove a read model that does not serve')
    .description(
      'Removes the rows of a read model, complete or not, and the way back to it. The one that serves is refused. Nothing is lost that can not ' +
        'be built again from the log.',
    )
    .action(
      action(z.object({}), (context, _, [schema]) =>
        withMaintenance(context, async (maintenance): Promise<Exit> => {
          const { models } = await maintenance.status();
          if (schema === undefined || models.every((model) => model.schema !== schema)) {
            throw new CliError(
              'refused',
              `there is no read model ${schema}, only ${models.map((one) => one.schema).join(', ')}`,
            );
          }
          await maintenance.drop(schema, context.signal);
          context.output.result({ dropped: schema }, () => `${schema} is gone.`);
          return 'done';
        }),
      ),
    );
};
