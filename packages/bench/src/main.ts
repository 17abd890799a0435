/** `npm run bench [-- --quick] [--only fan-out,sends] [--json file]`: measures, prints a table, fails on lost or doubled deliveries. */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { openBench } from './bench.ts';
import { measures } from './measure/index.ts';
import { quickPlan, wholePlan } from './plan.ts';
import { isSound, type Row, tableOf } from './report.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' }, json: { type: 'string' } },
});
const progress = (text: string): void => void process.stderr.write(`${text} …\n`);
const plan = values.quick ? quickPlan(progress) : wholePlan(progress);
const chosen = values.only?.split(',') ?? Object.keys(measures);
const unknown = chosen.filter((name) => !Object.hasOwn(measures, name));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no ${unknown.join(', ')}; --only takes some of ${Object.keys(measures).join(', ')}.\n`,
  );
  process.exit(2);
}

const bench = openBench(plan);
const rows: Row[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void bench.stop().finally(() => process.exit(130)));
}
try {
  for (const [name, measure] of Object.entries(measures)) {
    if (!chosen.includes(name)) continue;
    const measured = await measure(bench, plan);
    rows.push(...measured);
    process.stderr.write(tableOf(measured)); // so that what is known is not lost when it is ended before the rest
  }
} finally {
  await bench.stop();
}
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`;
process.stdout.write(`\n${machine}\n\n${tableOf(rows)}`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ machine, rows }, undefined, 2)}\n`);
if (!isSound(rows)) {
  process.stderr.write('\nDeliveries were lost or doubled: see above.\n');
  process.exitCode = 1;
}
