import { Unavailable, UnreadableEvent } from '@kuraxx/event-store';
import { Command, CommanderError } from 'commander';
import { commands, groups } from './commands/index.ts';
import { createAction } from './frame/action.ts';
import { CliError, type Exit, exitCodes } from './frame/exit-codes.ts';
import type { Io } from './frame/io.ts';

const epilogue = `
Which system:
  the one that \`npm start\` runs in the data folder (KURAXX_DATA_DIR, else .kuraxx; it is found by its run.json),
  else the one that NATS_URL, DATABASE_URL and REDIS_URL name.

Exit codes:
${Object.values(exitCodes)
  .map(({ code, means }) => `  ${String(code).padStart(3)}  ${means}`)
  .join('\n')}

With --json results are JSON on stdout (one document, or one line for each event); everything else goes to stderr.
  npm run -s kuraxx -- projections status --json | jq .serving
`;

/** All commands. @param ended hears how the one that ran has ended */
export const createProgram = (io: Io, ended: (exit: Exit) => void): Command => {
  const action = createAction(io, ended);
  const program = new Command('kuraxx')
    .description('Looks into the event log and the read models of a KuraXX system, rebuilds and repairs them.')
    .option('--json', 'results as JSON')
    .option('--data-dir <folder>', 'the system that runs in this data folder')
    .option('--from-env', 'the system that the environment names, even if one runs in the data folder')
    .helpCommand('help [command]', 'help for a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => 120,
      getErrHelpWidth: () => 120,
    })
    .showSuggestionAfterError()
    .addHelpText('after', epilogue)
    .exitOverride();
  for (const { name, about, commands: members } of groups) {
    const group = program.command(name).summary(about).description(about).copyInheritedSettings(program);
    for (const add of members) add(group, action);
  }
  for (const add of commands) add(program, action);
  return program;
};

const explain = (error: Error): string => {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause.message !== '' && !causes.includes(cause.message)) causes.push(cause.message);
  }
  return [error.message, ...causes].join('\n  because: ');
};

/** Of a file that isn't there, a disk that is full. */
const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && 'code' in error && !('port' in error);

/** @returns how a run that threw has ended, after telling why */
const tell = (error: unknown, io: Io): Exit => {
  const say = (text: string): void => void io.stderr.write(`${text}\n`);
  if (error instanceof CommanderError) return error.exitCode === 0 ? 'done' : 'usage'; // it has said so itself
  if (io.signal.aborted) return 'cancelled';
  if (error instanceof CliError) {
    say(`kuraxx: ${error.message}`);
    return error.exit;
  }
  if (error instanceof Unavailable) {
    say(`kuraxx: ${explain(error)}`);
    return 'unavailable';
  }
  if (error instanceof UnreadableEvent) {
    say(`kuraxx: ${explain(error)}`);
    return 'unsound';
  }
  if (isSystemError(error)) {
    say(`kuraxx: ${error.message}`); // it names the file
    return 'failed';
  }
  say(`kuraxx: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return 'failed';
};

/**
 * Runs one command line.
 *
 * @param args without the program's name
 * @returns the exit code, see `exitCodes`; it never throws
 */
export const runCli = async (args: readonly string[], io: Io): Promise<number> => {
  let ended: Exit = 'done';
  try {
    await createProgram(io, (exit) => {
      ended = exit;
    }).parseAsync([...args], { from: 'user' });
  } catch (error) {
    ended = tell(error, io);
  }
  return exitCodes[ended].code;
};
