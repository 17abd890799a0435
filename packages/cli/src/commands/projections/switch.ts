import { z } from 'zod';
import type { CommandFile } from '../../frame/command-file.ts';
import { CliError } from '../../frame/exit-codes.ts';
import { withMaintenance } from '../../frame/maintenance.ts';
import { tellSwitched } from '../../projections/report-switch.ts';

export const projectionsSwitch: CommandFile = (projections, action) => {
  projections
    .command('switch')
    .argument('<schema>', 'as in projections status: read_2')
    .summary('let another read model serve')
    .description(
      'Makes another complete read model the serving one, in one transaction, when it is as far as the one that serves. All processes follow ' +
        'at once, without a restart and without a failed or stale read. The one before is kept up to date for a rollback.',
    )
    .action(
      action(z.object({}), (context, _, [schema]) =>
        withMaintenance(context, async (maintenance) => {
          if (schema === undefined) throw new CliError('usage', 'which read model?');
          return tellSwitched(context, await maintenance.switchTo(schema));
        }),
      ),
    );
};
