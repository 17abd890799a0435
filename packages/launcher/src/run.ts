import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { ConfigError, readConfig } from '@kuraxx/runtime';
import { defaultDataDir, ServersError } from '@kuraxx/servers';
import { buildPage } from './page.ts';
import { messageOf, StartError } from './report.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';

/** A line for the person at the terminal. */
export const say = (line: string): void => void process.stdout.write(`${line}\n`);

const row = (title: string, value: string): string => (value === '' ? '' : `  ${title.padEnd(12)} ${value}\n`);

const screen = (system: System, dataDir: string, seconds: string): string => `
KuraXX is ready (${seconds} s).

${[
  row('Chat', system.apiUrl && `${system.apiUrl.replace('127.0.0.1', 'localhost')}/   (in a browser)`),
  row('REST API', system.apiUrl && `${system.apiUrl}   (also under /api)`),
  row('WebSocket', system.wsUrl),
  row('NATS', system.natsUrl),
  row('Postgres', system.databaseUrl),
  row('Redis', system.redisUrl),
  row('Data, logs', `${dataDir}   (run.json names all of this and the process ids)`),
].join('')}
  See it work: npm run story      Stop: Ctrl-C
`;

/** Ends with one clear message for what people can mend, with a stack for what is our bug. */
export const fail = (error: unknown): never => {
  const known = error instanceof StartError || error instanceof ServersError || error instanceof ConfigError;
  process.stderr.write(`\n${known || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message)}\n`);
  process.exit(1);
};

/**
 * Calls `stop` once, at the first SIGINT, SIGTERM or SIGHUP, or when the process that started us is gone (a channel to it
 * tells, if there is one).
 */
const whenAskedToStop = (stop: (reason: string) => void): void => {
  let asked = false;
  const once = (reason: string) => (): void => {
    if (asked) return; // a Ctrl-C in a terminal comes from there and once more from npm
    asked = true;
    stop(reason);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, once(signal));
  process.once('disconnect', once('the command that started this has ended'));
};

/**
 * Starts something in the foreground, shows where it is, runs it until it is asked to stop, and ends the process: 0 after a clean stop,
 * 1 when it could not start.
 *
 * @param screen what to show once it is ready
 */
export const inForeground = async <S extends { stop(): Promise<void> }>(
  dataDir: string,
  start: (signal: AbortSignal) => Promise<S>,
  screen: (system: S) => string,
): Promise<never> => {
  // Whoever read our output may have gone: that is no reason to stop
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const asked = new AbortController();
  whenAskedToStop((reason) => {
    say(`\n${reason}: stopping …`);
    asked.abort();
  });
  let system: S | undefined;
  try {
    say(`Starting KuraXX in ${dataDir} …`);
    system = await start(asked.signal);
    if (!asked.signal.aborted) say(screen(system));
  } catch (error) {
    if (!asked.signal.aborted) fail(error); // else it says no more than that it was stopped
  }
  if (!asked.signal.aborted) await new Promise((done) => asked.signal.addEventListener('abort', done, { once: true }));
  try {
    await system?.stop();
    say('Stopped; nothing is left running.');
    process.exit(0);
  } catch (error) {
    return fail(error);
  }
};

/** Runs the whole system on one machine, as `npm start` does. */
export const runInForeground = async (options: Pick<SystemOptions, 'watch' | 'counts'>): Promise<never> => {
  const begun = Date.now();
  const dataDir = resolve(defaultDataDir());
  const start = async (signal: AbortSignal): Promise<System> => {
    const config = readConfig(process.env);
    // In development one is enough, and restarts faster.
    const gateways = options.watch === true ? 1 : (config.gateways ?? Math.max(1, availableParallelism() - 1));
    // Beside the servers' start, so that it costs no time; without it everything but the page works
    const page = buildPage(signal).catch((error: unknown) => {
      if (!signal.aborted) say(`  page: could not be built: ${messageOf(error)}`);
    });
    const system = await startSystem({
      ...options,
      counts: { gateway: gateways, ...options.counts },
      sharesWsPort: true,
      dataDir,
      ports: { api: config.http.port, ws: config.ws.port },
      report: (line) => say(`  ${line}`),
      signal,
    });
    await page;
    return system;
  };
  return inForeground(dataDir, start, (system) => screen(system, dataDir, ((Date.now() - begun) / 1000).toFixed(1)));
};
