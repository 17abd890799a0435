import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type System, startSystem } from '@kuraxx/launcher';
import { z } from 'zod';
import { type FrameFigures, fuzzFrames } from './fuzz-frames.ts';
import { fuzzProtocol, type ProtocolFigures } from './fuzz-protocol.ts';
import { fuzzRest, type RestFigures } from './fuzz-rest.ts';
import { type Memory, measureMemory, settleMemory } from './memory.ts';
import { createWorld, type FuzzWorld } from './world.ts';

export type FuzzOptions = {
  /** For the system; left as it is, with its logs. */
  readonly dataDir: string;
  readonly seed: number;
  /** Each of the two passes tries so many REST requests… */
  readonly requests: number;
  /** … and so many WebSocket frames, a tenth of them by raw TCP. */
  readonly frames: number;
  /** Of requests and frames, low enough to be met; default `off`. */
  readonly limits?: 'on' | 'off';
  /** Is told how it goes on. */
  readonly report: (line: string) => void;
};

export type Pass = { readonly rest: RestFigures; readonly frames: FrameFigures; readonly protocol: ProtocolFigures };

/** What a fuzz came to. Whoever asked for it judges: `findings` has all that was found to be wrong. */
export type FuzzResult = {
  readonly pass: Pass;
  /** After the first pass, and after the second. */
  readonly memory: { readonly before: Memory; readonly after: Memory };
  readonly findings: readonly string[];
};

/** A request that takes longer hangs: the system's own bounds are 5 s, and a busy machine may double them. */
const requestTimeoutMs = 15_000;
/** A batch of frames on one socket; each is answered within 4.5 s of its turn. */
const batchTimeoutMs = 30_000;

/** Passes count their rounds' seeds on from their own. */
const betweenPasses = 1_000_000;

/** By how much the second pass may leave a service larger than the first: V8 gives pages back late, if at all. */
const allowedFactor = 1.25;
const allowedMb = 40;
const quietMs = 60_000;

/** Our own: the servers' caches grow with what is stored, by design. */
const servicesOf = (system: System): Record<string, number> =>
  Object.fromEntries(
    Object.entries(system.processes()).filter(([name]) => !['nats', 'postgres', 'redis'].includes(name)),
  );

const logLine = z.object({ level: z.number() });
const warnLevel = 40;
const errorLevel = 50;
const shownLength = 2_000;

const levelOf = (line: string): number => {
  try {
    return logLine.safeParse(JSON.parse(line)).data?.level ?? 0;
  } catch {
    return 0; // not one of pino's lines: a server's, or node's own warnings
  }
};

/** What services logged at this level and above. */
const logged = async (dataDir: string, minLevel: number): Promise<string[]> => {
  const folder = join(dataDir, 'logs');
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const lines = (await readFile(join(folder, name), 'utf8')).split('\n');
    const wanted = lines.filter((line) => levelOf(line) >= minLevel);
    found.push(...wanted.map((line) => `${name}: ${line.slice(0, shownLength)}`));
  }
  return found;
};

/** What went wrong, and what the services had to say to it. */
const withLogs = async <T>(work: Promise<T>, dataDir: string): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    const said = (await logged(dataDir, warnLevel)).slice(0, 3);
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${message}\n${said.join('\n')}`, { cause: error });
  }
};

/** Frames first: where limits are on, requests without a token and new sockets share one. */
const onePass = async (system: System, world: FuzzWorld, seed: number, options: FuzzOptions): Promise<Pass> => {
  const { apiUrl, wsUrl } = system;
  const { requests, report, limits = 'off' } = options;
  const raw = Math.ceil(options.frames / 10);
  const text = { frames: options.frames - raw, limits, timeoutMs: batchTimeoutMs };
  const frames = await fuzzFrames({ wsUrl, world, seed, ...text });
  report(`  WebSocket: ${JSON.stringify(frames)}`);
  const rest = await fuzzRest({ apiUrl, world, seed, requests, timeoutMs: requestTimeoutMs });
  report(`  REST: ${JSON.stringify(rest)}`);
  const protocol = await fuzzProtocol({ wsUrl, world, seed, frames: raw, timeoutMs: requestTimeoutMs });
  report(`  raw TCP: ${JSON.stringify(protocol)}`);
  return { rest, frames, protocol };
};

const allowedOf = (before: Memory, name: string): number => (before[name] ?? 0) * allowedFactor + allowedMb;

const compare = (before: Memory, after: Memory): string[] =>
  Object.entries(after)
    .filter(([name, mb]) => mb > allowedOf(before, name))
    .map(([name, mb]) => `${name} holds ${mb} MB after the second pass, ${before[name]} MB after the first`);

const start = (options: FuzzOptions, env: Record<string, string>): Promise<System> =>
  startSystem({ dataDir: options.dataDir, env: { LOG_LEVEL: 'info', JWT_ACCESS_EXPIRY: '1d', ...env } });

/** Processes that ended, and what they logged as errors. */
const findingsOf = async (system: System, processes: Record<string, number>, dataDir: string): Promise<string[]> => {
  const now = system.processes();
  const isSame = JSON.stringify(now) === JSON.stringify(processes);
  const ended = isSame ? [] : [`processes ended: ${JSON.stringify(processes)} became ${JSON.stringify(now)}`];
  // each error is a bug, whatever the answer was
  return [...ended, ...(await logged(dataDir, errorLevel))];
};

/**
 * Starts the system, sends it two passes of generated input, and looks at what is left: the same processes, no logged errors, and no more
 * memory after the second pass than after the first.
 *
 * @throws {Error} with a seed for the first answer that is not as docs/protocol.md promises
 */
export const runFuzz = async (options: FuzzOptions): Promise<FuzzResult> => {
  const { dataDir, seed, report } = options;
  const system = await start(options, { RATE_LIMIT_ENABLED: 'false' });
  try {
    const world = await createWorld(system.apiUrl);
    const processes = system.processes();
    report(`first pass, seed ${seed}`);
    await withLogs(onePass(system, world, seed, options), dataDir);
    const before = await measureMemory(servicesOf(system));
    report(`second pass, seed ${seed + betweenPasses}; memory in MB ${JSON.stringify(before)}`);
    const pass = await withLogs(onePass(system, world, seed + betweenPasses, options), dataDir);
    const after = await settleMemory(servicesOf(system), (name) => allowedOf(before, name), quietMs);
    report(`memory in MB ${JSON.stringify(after)}`);
    const findings = [...compare(before, after), ...(await findingsOf(system, processes, dataDir))];
    return { pass, memory: { before, after }, findings };
  } finally {
    await system.stop();
  }
};

/**
 * One pass with limits that are met: whoever is over them is told so as documented, and nothing else goes wrong for it.
 *
 * @throws {Error} as `runFuzz`
 */
export const runLimitedFuzz = async (options: FuzzOptions): Promise<Pick<FuzzResult, 'pass' | 'findings'>> => {
  const low = {
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_WINDOW_MS: '60000',
    RATE_LIMIT_MAX_REQUESTS: '60',
    RATE_LIMIT_ADDRESS_FACTOR: '40',
    RATE_LIMIT_MAX_FRAMES: '300',
    WS_MAX_FRAMES_PER_SECOND: '1',
    WS_MAX_FRAME_BURST: '25',
  };
  const system = await start(options, low);
  try {
    const world = await createWorld(system.apiUrl, true);
    const processes = system.processes();
    const pass = await withLogs(onePass(system, world, options.seed, { ...options, limits: 'on' }), options.dataDir);
    return { pass, findings: await findingsOf(system, processes, options.dataDir) };
  } finally {
    await system.stop();
  }
};
