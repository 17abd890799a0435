import { z } from 'zod';
import type { CommandFile } from '../../frame/command-file.ts';
import { CliError } from '../../frame/exit-codes.ts';
import { withMaintenance } from '../../frame/maintenance.ts';
import { comparisonJson, comparisonText } from '../../projections/comparison-text.ts';

export const projectionsVerify: CommandFile = (projections, action) => {
  projections
    .command('verify')
    .argument('[schema]', 'the read model to compare with the serving one; not needed when there is only one other')
    .summary('compare a read model with the one that serves')
    .description(
      'Counts and hashes the rows of every table of both at the same positions, whatever is written meanwhile. The serving one goes on; the ' +
        'other one stands still for as long as it takes. Exits with 3 when they differ.',
    )
    .action(
      action(z.object({}), (context, _, [schema]) =>
        withMaintenance(context, async (maintenance) => {
          const others = (await maintenance.status()).models.filter(({ serves }) => !serves);
          const chosen = schema ?? (others.length === 1 ? others[0]?.schema : undefined);
          if (chosen === undefined) {
            const names = others.map((one) => one.schema).join(', ');
            throw new CliError('refused', names === '' ? 'there is only the one that serves' : `which one? ${names}`);
          }
          const comparison = await maintenance.verify(chosen, { signal: context.signal });
          context.output.result(comparisonJson(comparison), () => comparisonText(comparison));
          return comparison.equal ? 'done' : 'unsound';
        }),
      ),
    );
};
