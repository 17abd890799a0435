import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runFuzz } from './run-fuzz.ts';

const maxSeed = 2 ** 31 - 2_000_001; // fast-check's seeds are 32 bits wide, and passes and rounds count on from it

const count = (usual: number) => z.coerce.number().int().min(1).default(usual);
const options = z.object({
  seed: z.coerce.number().int().min(0).max(maxSeed).optional(),
  requests: count(20_000),
  frames: count(50_000),
});

const { values } = parseArgs({
  options: { seed: { type: 'string' }, requests: { type: 'string' }, frames: { type: 'string' } },
});
const { seed = randomInt(maxSeed), requests, frames } = options.parse(values);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(`fuzz of two passes, each ${requests} requests and ${frames} frames; again with: npm run fuzz -- --seed ${seed}`);
const dataDir = await mkdtemp(join(tmpdir(), 'kuraxx-fuzz-'));

/** The first wrong answer ends the run; what it says begins with the seed that finds it again. */
const findAll = async (): Promise<readonly string[]> => {
  try {
    return (await runFuzz({ dataDir, seed, requests, frames, report: say })).findings;
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
};

const findings = await findAll();
for (const finding of findings) say(`FOUND: ${finding}`);
if (findings.length > 0) {
  say(`logs are in ${dataDir}`);
  process.exit(1);
}
await rm(dataDir, { recursive: true, force: true });
say('nothing was found');
