import { ConfigError, readConfig } from '@kuraxx/runtime';
import { defaultDataDir, ServersError } from '@kuraxx/servers';
import { messageOf, StartError } from './report.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const screen = (system: System, dataDir: string, seconds: string): string => `
KuraXX is ready (${seconds} s).

  REST API     ${system.apiUrl}          (also under /api)
  WebSocket    ${system.wsUrl}
  NATS         ${system.natsUrl}
  Postgres     ${system.databaseUrl}
  Redis        ${system.redisUrl}
  Data, logs   ${dataDir}   (run.json names all of this and the process ids)

  See it work: npm run story      Stop: Ctrl-C
`;

/** Ends with one clear message for what people can mend, with a stack for what is our bug. */
const fail = (error: unknown): never => {
  const known = error instanceof StartError || error instanceof ServersError || error instanceof ConfigError;
  process.stderr.write(`\n${known || !(error instanceof Error) ? messageOf(error) : (error.stack ?? error.message)}\n`);
  process.exit(1);
};

/**
 * Runs the whole system in the foreground until SIGINT, SIGTERM or SIGHUP, and ends the process: 0 after a clean stop,
 * 1 when it could not start.
 */
export const runInForeground = async (options: Pick<SystemOptions, 'watch' | 'counts'>): Promise<void> => {
  const begun = Date.now();
  let system: System | undefined;
  let asked = false;
  const stop = (signal: string): void => {
    if (asked) return;
    asked = true;
    say(`\n${signal}: stopping …`);
    if (system === undefined) return; // still starting: stopped as soon as that has ended
    system.stop().then(
      () => {
        say('Stopped; nothing is left running.');
        process.exit(0);
      },
      (error: unknown) => fail(error),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  try {
    const config = readConfig(process.env);
    const dataDir = defaultDataDir();
    say(`Starting KuraXX in ${dataDir} …`);
    system = await startSystem({
      ...options,
      dataDir,
      ports: { api: config.http.port, ws: config.ws.port },
      report: (line) => say(`  ${line}`),
    });
    if (asked) {
      await system.stop();
      process.exit(0);
    }
    say(screen(system, dataDir, ((Date.now() - begun) / 1000).toFixed(1)));
  } catch (error) {
    fail(error);
  }
};
