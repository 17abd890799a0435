import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { usualShape } from './plan/shape.ts';
import { verdictText } from './report/verdict.ts';
import { runChaos } from './run-chaos.ts';

/** Fixed, so that a failure here is the same failure elsewhere; `npm run chaos` draws another one each time. */
const seed = 20_310_203;

/** Starting, catching up and checking come on top of the two minutes, and take what a busy machine makes them take. */
const timeoutMs = 15 * 60_000;

test('two minutes of chaos break nothing', { timeout: timeoutMs }, async () => {
  const folder = join(tmpdir(), `kuraxx-chaos-${process.pid}`); // stays when something is broken
  const verdict = await runChaos({
    seed,
    shape: usualShape,
    durationMs: 120_000,
    folder,
    say: (line) => void process.stdout.write(`chaos, seed ${seed}: ${line}\n`),
  });
  process.stdout.write(`${verdictText(verdict)}\n`);
  expect(verdict.violations).toEqual([]);
  await rm(folder, { recursive: true });
  expect(verdict.counts.acknowledgedWrites).toBeGreaterThan(100);
  expect(verdict.counts.kills).toBeGreaterThan(5);
  expect(verdict.counts.resumes).toBeGreaterThan(20);
});
