import { z } from 'zod';
import type { CommandFile } from '../../frame/command-file.ts';
import { withMaintenance } from '../../frame/maintenance.ts';
import { tellSwitched } from '../../projections/report-switch.ts';

export const projectionsRollback: CommandFile = (projections, action) => {
  projections
    .command('rollback')
    .summary('back to the read model that served before')
    .description('The way back after a switch, as quick as the switch. A second rollback goes forward again.')
    .action(
      action(z.object({}), (context) =>
        withMaintenance(context, async (maintenance) => tellSwitched(context, await maintenance.rollback())),
      ),
    );
};
