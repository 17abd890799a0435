import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { comparedTwice } from './promql.fixture.ts';

const read = (name: string): unknown =>
  parse(readFileSync(new URL(`../../../deploy/prometheus/${name}`, import.meta.url), 'utf8'));

const rule = z.object({ alert: z.string(), expr: z.string() });
const { groups } = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) }).parse(read('alerts.yml'));
const alerts = groups.flatMap(({ rules }) => rules);

test('what binds tighter than it looks is recognised', () => {
  expect(comparedTwice('lag and on (schema) (serving == 1) > 10')).toEqual(['(serving == 1) > 10']);
  expect(comparedTwice('(lag and on (schema) (serving == 1)) > 10')).toEqual([]);
});

test.each(alerts)('$alert compares nothing that has one value only', ({ expr }) => {
  expect(comparedTwice(expr)).toEqual([]);
});

test('a job of which no process is known counts as down', () => {
  const { scrape_configs: jobs } = z
    .object({ scrape_configs: z.array(z.object({ job_name: z.string() })) })
    .parse(read('prometheus.yml'));
  const down = alerts.find(({ alert }) => alert === 'KuraxxDown')?.expr;
  for (const { job_name: job } of jobs) expect(down).toContain(`or absent(up{job="${job}"})`);
});
