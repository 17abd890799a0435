import type { Command } from 'commander';
import { z } from 'zod';
import { CliError, type Exit } from './exit-codes.ts';
import type { Io } from './io.ts';
import { createOutput, type Output } from './output.ts';
import { createServers, type Servers } from './servers.ts';
import { findTarget } from './target.ts';

/** What a command works with. */
export type Context = {
  readonly io: Io;
  readonly servers: Servers;
  readonly output: Output;
  /** Aborted at Ctrl-C: finish what must not be left half done, then return. */
  readonly signal: AbortSignal;
};

/** @returns how it ended; `undefined`: done */
type Work<O> = (context: Context, options: O, args: readonly string[]) => Promise<Exit | undefined>;

/** Makes a commander action from a schema for the options and the work itself; see any file in `commands`. */
export type Action = <S extends z.ZodType>(
  options: S,
  work: Work<z.output<S>>,
) => (...given: unknown[]) => Promise<void>;

const globalOptions = z.object({
  json: z.boolean().default(false),
  dataDir: z.string().optional(),
  fromEnv: z.boolean().default(false),
});

const parseOptions = <S extends z.ZodType>(schema: S, given: unknown): z.output<S> => {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new CliError('usage', z.prettifyError(parsed.error));
  return parsed.data;
};

const isCommand = (last: unknown): last is Command =>
  typeof last === 'object' && last !== null && 'optsWithGlobals' in last;

/** @param ended hears how the work ended */
export const createAction =
  (io: Io, ended: (exit: Exit) => void): Action =>
  (schema, work) =>
  async (...given) => {
    const command = given.at(-1);
    if (!isCommand(command)) throw new TypeError('an action is called by commander');
    const all: unknown = command.optsWithGlobals();
    const { json, dataDir, fromEnv } = parseOptions(globalOptions, all);
    const options = parseOptions(schema, all);
    const servers = createServers(() => findTarget(io, { dataDir, fromEnv }));
    const output = createOutput(io, json);
    try {
      const exit = await work({ io, servers, output, signal: io.signal }, options, command.args);
      ended(exit ?? 'done');
    } finally {
      output.clear(); // an error is told next
      await servers.close();
    }
  };
