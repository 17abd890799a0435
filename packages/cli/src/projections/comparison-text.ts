import type { Comparison } from '@kuraxx/read-model';
import { table } from '../frame/output.ts';

/** A comparison as JSON. */
export const comparisonJson = ({ checkpoints, ...rest }: Comparison) => ({
  ...rest,
  checkpoints: Object.fromEntries(checkpoints),
});

/** A comparison for people. */
export const comparisonText = ({ equal, tables, parked }: Comparison): string => {
  const rows = tables.map((one) => [
    one.table,
    one.serving?.rows ?? '-',
    one.other?.rows ?? '-',
    one.serving?.hash ?? '-',
    one.other?.hash ?? '-',
    one.equal ? 'same' : 'DIFFERENT',
  ]);
  const columns = tables.filter(({ differentColumns }) => differentColumns.length > 0);
  return [
    table(['table', 'rows serving', 'rows other', 'hash serving', 'hash other', ''], rows),
    ...columns.map(({ table: name, differentColumns }) => `${name}: not compared: ${differentColumns.join(', ')}`),
    ...(parked.serving === parked.other
      ? []
      : [`parked: ${parked.serving} in the serving one, ${parked.other} in the other: their rows differ`]),
    equal ? 'The two are the same at the same positions.' : 'The two differ.',
  ].join('\n');
};
