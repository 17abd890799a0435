import type { ProjectionsStatus, ReadModelStatus } from '@kuraxx/read-model';
import { z } from 'zod';
import type { CommandFile } from '../../frame/command-file.ts';
import { withMaintenance } from '../../frame/maintenance.ts';
import { table } from '../../frame/output.ts';

const partOf = (model: ReadModelStatus): string => {
  if (model.serves) return 'serves';
  const kept = model.isPrevious ? 'served before, kept for a rollback' : 'does not serve yet';
  if (model.state === 'building') return 'is being rebuilt, or was broken off';
  return model.state === 'comparing' ? 'is being compared, or that was broken off' : kept;
};

const textOf = (model: ReadModelStatus): string => {
  const rows = model.partitions.map((one) => [
    one.partition,
    one.checkpoint,
    one.head,
    one.lag,
    one.parked,
    one.foreign ? 'built from another log' : one.worked ? 'worked on' : 'nobody works on it',
  ]);
  const parked = model.parked.map(
    ({ partition, aggregate, fromSequence, skipped, cause, reason, at }) =>
      `  ${aggregate} since ${partition}.${fromSequence} (${at}), ${skipped} events skipped\n    ${cause}: ${reason}`,
  );
  return [
    `${model.schema} ${partOf(model)}`,
    table(
      ['partition', 'checkpoint', 'log', 'lag', 'parked', ''],
      rows.map((row) => row.map((cell) => cell)),
    ),
    ...(parked.length === 0 ? [] : ['Parked (after a fix: kuraxx projections retry <name>, or --all):', ...parked]),
  ].join('\n');
};

/** What a person should look at. */
const faultsOf = ({ models }: ProjectionsStatus): string[] =>
  models.flatMap(({ schema, serves, state, partitions, parked }) => [
    ...(parked.length > 0 ? [`${schema}: ${parked.length} parked`] : []),
    ...partitions
      .filter(({ worked, foreign }) => foreign || (!worked && state === 'following'))
      .map(({ partition, foreign }) =>
        foreign
          ? `${schema}: partition ${partition} was built from another log: kuraxx projections rebuild`
          : `${schema}: no projector works on partition ${partition}`,
      ),
    ...(state === 'comparing' && !serves ? [`${schema}: stands still: kuraxx projections verify ${schema}`] : []),
  ]);

export const projectionsStatus: CommandFile = (projections, action) => {
  projections
    .command('status')
    .summary('which read models there are, how far they are, what is parked')
    .description(
      'Shows every read model: which one serves, how far each partition is behind the log, whether somebody works on it, and ' +
        'which rooms and accounts are parked because of an event that could not be projected. Exits with 3 when there is something to look at.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  kuraxx projections status --json | jq ".models[] | {schema, lag: [.partitions[].lag] | add}"\n',
    )
    .action(
      action(z.object({}), (context) =>
        withMaintenance(context, async (maintenance) => {
          const status = await maintenance.status();
          context.output.result(status, () => status.models.map(textOf).join('\n\n'));
          const faults = faultsOf(status);
          for (const fault of faults) context.output.note(fault);
          return faults.length > 0 ? 'unsound' : 'done';
        }),
      ),
    );
};
