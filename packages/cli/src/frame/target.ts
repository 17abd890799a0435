import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, type NatsConfig, type RunFile, readConfig, runFileSchema } from '@kuraxx/runtime';
import { CliError } from './exit-codes.ts';
import type { Io } from './io.ts';

/** The system that a command is about. */
export type Target = {
  /** The path of the run.json that names it, or `environment`. */
  readonly origin: string;
  readonly nats: NatsConfig;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Known only of a system that `npm start` brought up. */
  readonly apiUrl: string | undefined;
  readonly wsUrl: string | undefined;
  /** Where operators ask each of its services, by their names. */
  readonly operations: Readonly<Record<string, string>>;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'; // somebody else's, but there
  }
};

/** @returns `undefined` when there is none, or when it was left behind by a system that was killed */
const readRunFile = async (file: string): Promise<RunFile | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => undefined); // no system runs there
  if (text === undefined) return undefined;
  try {
    const run = runFileSchema.parse(JSON.parse(text));
    return Object.values(run.processes).some(isAlive) ? run : undefined;
  } catch (error) {
    throw new CliError('usage', `${file} can't be read; remove it, or use --from-env`, { cause: error });
  }
};

/**
 * Finds the system: the one that runs in the data folder, else the one that the environment names.
 *
 * @throws {CliError} usage, when neither tells
 */
export const findTarget = async (
  io: Pick<Io, 'env' | 'cwd'>,
  options: { readonly dataDir?: string | undefined; readonly fromEnv: boolean },
): Promise<Target> => {
  if (!options.fromEnv) {
    const file = join(resolve(io.cwd, options.dataDir ?? (io.env['KURAXX_DATA_DIR'] || '.kuraxx')), 'run.json');
    const run = await readRunFile(file);
    if (run !== undefined) {
      const { natsUrl, databaseUrl, redisUrl, apiUrl, wsUrl } = run;
      return {
        origin: file,
        nats: { url: natsUrl, ...run.nats },
        databaseUrl,
        redisUrl,
        apiUrl: apiUrl || undefined,
        wsUrl: wsUrl || undefined,
        operations: run.operations,
      };
    }
    if (options.dataDir !== undefined) throw new CliError('usage', `no system runs in ${options.dataDir}: no ${file}`);
  }
  if (!io.env['NATS_URL'] && !io.env['DATABASE_URL']) {
    throw new CliError(
      'usage',
      'which system? None runs in the data folder (npm start would bring one up), and NATS_URL and DATABASE_URL are not set.',
    );
  }
  try {
    const { nats, databaseUrl, redisUrl } = readConfig(io.env);
    return { origin: 'environment', nats, databaseUrl, redisUrl, apiUrl: undefined, wsUrl: undefined, operations: {} };
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError('usage', error.message, { cause: error });
    throw error;
  }
};
