import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from '@kuraxx/launcher';
import { defaultDataDir, ServersError } from '@kuraxx/servers';
import { usualShape } from './plan/shape.ts';
import { verdictText } from './report/verdict.ts';
import { runChaos } from './run-chaos.ts';

const usage = `Usage: npm run chaos [-- --minutes N --seed S --json --keep]

  --minutes N   how long clients and faults go on (default 2); catching up and checking come on top
  --seed S      the plan of faults and clients (default: a random one, which is printed)
  --json        the verdict as JSON on stdout
  --keep        keep everything that was recorded, also when all holds
`;

const end = (message: string, code: number): never => {
  process.stderr.write(`${message}\n`);
  process.exit(code);
};

const readArguments = () => {
  try {
    const { values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '2' },
        seed: { type: 'string', default: String(randomInt(1_000_000)) },
        json: { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
      },
    });
    const minutes = Number(values.minutes);
    const seed = Number(values.seed);
    if (!(minutes > 0 && minutes <= 24 * 60) || !Number.isSafeInteger(seed)) throw new TypeError('minutes or seed');
    return { ...values, minutes, seed };
  } catch {
    return end(usage, 2);
  }
};

const { minutes, seed, json, keep } = readArguments();
const folder = join(resolve(defaultDataDir()), 'chaos', String(seed));
const say = (line: string): void => void process.stderr.write(`chaos, seed ${seed}: ${line}\n`);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
process.once('disconnect', () => stopping.abort()); // the command that started this has ended

try {
  const durationMs = Math.round(minutes * 60_000);
  const verdict = await runChaos({ seed, shape: usualShape, durationMs, folder, say, signal: stopping.signal });
  if (verdict.passed && !keep) await rm(folder, { recursive: true, force: true });
  process.stdout.write(`${json ? JSON.stringify(verdict, null, 2) : verdictText(verdict)}\n`);
  process.exit(verdict.passed ? 0 : 1);
} catch (error) {
  if (stopping.signal.aborted) end('Stopped; nothing is left running.', 130);
  const known = error instanceof StartError || error instanceof ServersError || !(error instanceof Error);
  end(`The run could not be carried out (${folder}): ${known ? String(error) : error.stack}`, 2);
}
