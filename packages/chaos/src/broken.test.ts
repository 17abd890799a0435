import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Rule, Violation } from './check/violation.ts';
import type { Verdict } from './report/verdict.ts';
import { runChaos } from './run-chaos.ts';

const broken = (service: string): string => join(import.meta.dirname, 'broken', `${service}.ts`);

// One system in which every service is broken in its own way, and no other fault: each defect shows by a rule of its own
describe('broken builds are caught', () => {
  const folder = join(tmpdir(), `kuraxx-broken-${process.pid}`);
  let verdict: Verdict;
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeAll(async () => {
    verdict = await runChaos({
      seed: 4,
      shape: { api: 1, gateway: 1, projector: 1, bridge: 1, users: 4, devices: 4, rooms: 2 },
      durationMs: 12_000,
      faultKinds: [],
      programs: {
        api: broken('api'),
        gateway: broken('gateway'),
        projector: broken('projector'),
        bridge: broken('bridge'),
      },
      folder,
      say: () => undefined,
    });
  }, 10 * 60_000);

  const found = (rule: Rule, what: string): Violation[] =>
    verdict.violations.filter((violation) => violation.rule === rule && violation.what.includes(what));

  test('the run has failed', () => expect(verdict.passed).toBe(false));

  test.each<[string, Rule, string]>([
    ['an api that acknowledges before it appends', 'acknowledged', 'an acknowledged send is not in the log'],
    ['a gateway that stores a repeated send again', 'once', 'a write is in the log twice'],
    ['a gateway that cuts resumes short', 'sequence', 'a resume was answered before all that was missed had come'],
    ['a projector that moves the checkpoint without the rows', 'rows', 'the messages of the read model'],
    ['a projector whose rows a replay would not give', 'replay', 'the table messages'],
    ['a bridge that publishes twice', 'mirror', 'a publish came twice although nothing was broken'],
  ])('%s', (_defect, rule, what) => {
    const [violation] = found(rule, what);
    expect(violation?.evidence.length).toBeGreaterThan(0);
  });
});
