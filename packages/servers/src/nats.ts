import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binary } from './binary.ts';
import { messageOf, ServersError } from './errors.ts';
import { findNatsServer } from './find-nats.ts';
import { ensureFolder } from './folders.ts';
import { freePort } from './free-port.ts';
import { stopLeftover } from './pid-file.ts';
import { type RunningServer, runServer } from './running-server.ts';
import { firstAnswer } from './tcp.ts';
import { withFreePort } from './with-free-port.ts';

export type StartOptions = {
  /** A folder of the server's own; made when absent. */
  readonly dataDir: string;
  /** A free one when not given. */
  readonly port?: number | undefined;
  /** Called with each line that the server prints. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Gives the first start up: it then throws STOPPED and leaves nothing running. */
  readonly signal?: AbortSignal | undefined;
  /** Tells what is being done (a download, say). */
  readonly log?: ((message: string) => void) | undefined;
};

const config = (port: number, dataDir: string): string =>
  `# Written anew at every start.
host: "127.0.0.1"
port: ${port}
max_payload: 1MB
jetstream {
  store_dir: ${JSON.stringify(dataDir)}
  # only what is really stored takes space; a full disk is reported as such
  max_file_store: 1TB
}
`;

// With these the server comes up without a stream that it had before. That must never pass unseen.
const lostStream = /\[(WRN|ERR)\].*(stream metafile|metafile checksum|recreating stream|adding stream)/i;
/** What it prints once JetStream has recovered. */
const served = /\[INF\] Server is ready/;

/** What a start of NATS has printed so far, read line by line: that it answers says nothing about lines still on their way to us. */
export type NatsStart = {
  /** Before each start. */
  reset(): void;
  readonly onLine: (line: string) => void;
  /** Whether it has recovered, with all streams. @throws {ServersError} DATA_UNUSABLE when it printed that a stream is gone */
  hasRecovered(): boolean;
};

/** @param dataDir named in the error; `onLine` gets each line as well */
export const natsStart = (dataDir: string, onLine: ((line: string) => void) | undefined): NatsStart => {
  let lost: string | undefined;
  let ready = false;
  return {
    reset: () => {
      lost = undefined;
      ready = false;
    },
    onLine: (line) => {
      if (lostStream.test(line)) lost ??= line;
      if (served.test(line)) ready = true;
      onLine?.(line);
    },
    hasRecovered: () => {
      if (lost === undefined) return ready;
      throw new ServersError(
        'DATA_UNUSABLE',
        `The NATS data in ${dataDir} is damaged; starting would lose a stream. Restore the folder from a backup, or move it away to start empty.\n  ${lost}`,
      );
    },
  };
};

/** Turns NATS's last lines into the reason why it did not start. */
export const explainNats = (dataDir: string) => (output: readonly string[]) => {
  const fatal = output.findLast((line) => /\[(FTL|ERR)\]/.test(line)) ?? output.at(-1) ?? 'it printed nothing';
  if (/address already in use/.test(fatal)) return new ServersError('PORT_TAKEN', `NATS could not listen: ${fatal}`);
  return new ServersError('DATA_UNUSABLE', `NATS could not start on the data in ${dataDir}: ${fatal}`);
};

const startOn = async (binary: Binary, port: number, options: StartOptions): Promise<RunningServer> => {
  const { dataDir, signal } = options;
  await ensureFolder(dataDir);
  const configFile = join(dataDir, 'nats.conf');
  const pidFile = join(dataDir, 'nats.pid');
  await writeFile(configFile, config(port, dataDir)).catch((error: unknown) => {
    throw new ServersError('DATA_UNUSABLE', `Cannot write to ${dataDir}: ${messageOf(error)}`, { cause: error });
  });
  const start = natsStart(dataDir, options.onLine);
  return runServer({
    name: 'nats',
    url: `nats://127.0.0.1:${port}`,
    port,
    dataDir,
    pidFile,
    child: {
      command: binary.path,
      args: ['-c', configFile],
      cwd: dataDir,
      env: { ...process.env, ...binary.env },
      deathSignal: 'SIGTERM',
      onLine: start.onLine,
    },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    prepare: async () => {
      await stopLeftover(pidFile, 'SIGTERM');
      start.reset();
    },
    isReady: async () => start.hasRecovered() && ((await firstAnswer(port))?.includes('"jetstream":true') ?? false),
    explain: explainNats(dataDir),
    signal,
  });
};

/**
 * Starts nats-server with JetStream in `dataDir`, on 127.0.0.1.
 *
 * @throws {ServersError} BINARY_MISSING, DATA_UNUSABLE (also when a stream could not be recovered), PORT_TAKEN, START_FAILED
 */
export const startNats = async (options: StartOptions): Promise<RunningServer> => {
  const binary = await findNatsServer({ log: options.log, signal: options.signal });
  return withFreePort(options.port, freePort, (port) => startOn(binary, port, options));
};
