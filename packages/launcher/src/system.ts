import { environmentWithSecrets } from '@kuraxx/runtime';
import { freePort } from '@kuraxx/servers';
import { keptSecret, takeDataDir } from './data-dir.ts';
import { requireFreePort } from './ports.ts';
import { type Report, StartError } from './report.ts';
import { createRunFile } from './run-file.ts';
import { openServers, type Servers, type ServersOptions, type ServerUrls } from './servers.ts';
import { instanceName, programs, type ServiceKind, startService } from './service-process.ts';
import { type Supervised, supervise } from './supervise.ts';

export type SystemOptions = {
  readonly dataDir: string;
  /** For the services, over this process's own environment; URLs of servers here are used as they are. */
  readonly env?: NodeJS.ProcessEnv;
  /** For one process alone, by its name (`api`, `api-2`…), over `env`: a way to the servers of its own, say. */
  readonly envOf?: (name: string) => NodeJS.ProcessEnv;
  /** Of the first api and the first gateway; free ones when not given. Further processes take free ones. */
  readonly ports?: { readonly api: number; readonly ws: number };
  /** How many processes of each service; default one. */
  readonly counts?: Partial<Record<ServiceKind, number>>;
  /** All gateways listen on one port, and the kernel spreads the clients over them. */
  readonly sharesWsPort?: boolean;
  /** Other programs in some services' places, as absolute paths (tests). */
  readonly programs?: Partial<Record<ServiceKind, string>>;
  /** Restart services when their sources change. */
  readonly watch?: boolean;
  readonly report?: Report;
  /** Other servers than `npm start` has, opened when the data folder is taken and the ports are known to be free. */
  readonly openServers?: (options: ServersOptions) => Promise<Servers>;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
};

export type System = ServerUrls & {
  /** The first one's; empty when none was asked for. */
  readonly apiUrl: string;
  readonly wsUrl: string;
  /** Of all api processes, the first one first. */
  readonly apiUrls: readonly string[];
  readonly wsUrls: readonly string[];
  /** Where each service process has `/livez`, `/readyz` and `/metrics`, by name. */
  readonly operations: Readonly<Record<string, string>>;
  /** Process ids now, by name (`nats`, `api`, `api-2`…); what is down or was not started here is not in it. */
  processes(): Record<string, number>;
  /**
   * Sends a signal (default SIGKILL) to what was started here and resolves when that process has ended; it comes back by itself, not
   * sooner than `downMs` from now.
   */
  kill(name: string, signal?: NodeJS.Signals, downMs?: number): Promise<void>;
  /** Ends the `downMs` of a process: it is restarted as soon as after any other death. */
  comeBack(name: string): void;
  /** Ends everything in reverse order; nothing is left running. A second call waits for the first. */
  stop(): Promise<void>;
};

/** Like Promise.all, but rejects only when none is under way any more, so that what did start can be stopped. */
const allSettled = async <T extends readonly Promise<unknown>[]>(promises: readonly [...T]) => {
  await Promise.allSettled(promises);
  return Promise.all(promises);
};

/**
 * Starts the whole system: servers, then projector (which migrates), bridge, gateways and apis. Resolves when all of it is
 * healthy and `<dataDir>/run.json` says where everything is. Whatever dies later is restarted with back-off.
 *
 * @throws {StartError | ServersError | ConfigError} with a message for people; nothing is left running then
 */
export const startSystem = async (options: SystemOptions): Promise<System> => {
  const { dataDir, counts = {}, report = () => undefined, signal = new AbortController().signal } = options;
  // Each for itself: a variable in `options` is no second value beside a file that this process's environment names
  const env = { ...environmentWithSecrets(process.env), ...environmentWithSecrets(options.env ?? {}) };
  const count = (kind: ServiceKind): number => counts[kind] ?? 1;
  const release = await takeDataDir(dataDir);
  const runFile = createRunFile(dataDir);
  const closers: (() => Promise<unknown>)[] = [release]; // last in, first out
  const parts: Supervised[] = [];
  const operations: Record<string, string> = {};
  let natsAccess: Servers['natsAccess'];
  let urls: Omit<System, 'processes' | 'kill' | 'comeBack' | 'stop'> | undefined;

  const processes = (): Record<string, number> =>
    Object.fromEntries(parts.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const])));
  const partOf = (name: string): Supervised => {
    const part = parts.find((one) => one.name === name);
    const known = parts.map((one) => one.name).join(', ');
    if (part === undefined) throw new Error(`nothing called ${name} was started here, only ${known}`);
    return part;
  };
  const writeRunFile = async (): Promise<void> => {
    if (urls === undefined) return; // not healthy yet, or stopping
    const { apiUrl, wsUrl, natsUrl, databaseUrl, redisUrl } = urls;
    await runFile.write({
      apiUrl,
      wsUrl,
      natsUrl,
      nats: natsAccess,
      databaseUrl,
      redisUrl,
      processes: processes(),
      operations,
    });
  };
  const changed = (): void => {
    writeRunFile().catch((error: unknown) => report(`run.json could not be written: ${String(error)}`));
  };

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      urls = undefined;
      await runFile.remove();
      for (const close of closers.toReversed()) await close();
    })();
    return stopped;
  };

  const startAll = async (
    kind: ServiceKind,
    envOf: (name: string) => NodeJS.ProcessEnv,
    variable?: string,
    first?: number,
    isShared = false,
  ) => {
    const ports: number[] = [];
    for (let index = 0; index < count(kind); index++) {
      ports.push((index === 0 ? first : isShared ? ports[0] : undefined) ?? (await freePort()));
    }
    if (ports.length > 0) report(`${kind}: starting${ports.length > 1 ? ` ${ports.length} processes` : ''}`);
    const group: Supervised[] = [];
    closers.push(() => Promise.all(group.map((one) => one.stop())));
    const startOne = async (port: number, index: number): Promise<void> => {
      let isFirst = isShared && index === 0;
      const name = instanceName(kind, index);
      const operationsPort = await freePort();
      const spec = {
        name,
        program: options.programs?.[kind] ?? programs[kind],
        dataDir,
        env: {
          ...envOf(name),
          KURAXX_OPERATIONS_PORT: String(operationsPort),
          ...(variable === undefined ? {} : { [variable]: String(port) }),
        },
        healthUrl: variable === undefined ? undefined : `http://127.0.0.1:${port}/health`,
        watch: options.watch === true,
      };
      const start = async (abort: AbortSignal) => {
        const sharing = isShared ? { WS_PORT_SHARING: isFirst ? 'first' : 'join' } : {};
        const running = await startService({ ...spec, env: { ...spec.env, ...sharing } }, report, abort);
        isFirst = false; // when it comes back the others are there
        return running;
      };
      const one = await supervise({ name: spec.name, start }, report, changed, signal);
      group.push(one);
      parts.push(one);
      operations[spec.name] = `http://127.0.0.1:${operationsPort}`;
    };
    // The first on a shared port makes sure that nobody of another system is on it; the others join it.
    const [alone, together] = isShared ? [ports.slice(0, 1), ports.slice(1)] : [[], ports];
    for (const port of alone) await startOne(port, 0);
    await allSettled(together.map((port, index) => startOne(port, alone.length + index)));
    return ports;
  };

  try {
    await runFile.remove();
    const { ports } = options;
    if (ports && count('api') > 0) await requireFreePort(ports.api, 'PORT', 'API');
    if (ports && ports.api === ports.ws && count('api') > 0 && count('gateway') > 0) {
      throw new StartError(
        `Port ${ports.api} can't be both the API's and the WebSocket gateway's. Set PORT or WS_PORT to another one.`,
      );
    }
    if (ports && count('gateway') > 0) await requireFreePort(ports.ws, 'WS_PORT', 'WebSocket gateway');
    const secret = env['JWT_SECRET'] || (env['NODE_ENV'] === 'production' ? undefined : await keptSecret(dataDir));
    const servers = await (options.openServers ?? openServers)({ env, dataDir, report, changed, signal });
    natsAccess = servers.natsAccess;
    closers.push(() => servers.stop());
    parts.push(...servers.supervised);
    // Each tells clients, or checks, where the other is
    const [apiPort, wsPort] = [ports?.api ?? (await freePort()), ports?.ws ?? (await freePort())];
    const base: NodeJS.ProcessEnv = {
      ...env,
      ...servers.env,
      KURAXX_DATA_DIR: dataDir,
      PORT: String(apiPort),
      WS_PORT: String(wsPort),
      API_BASE_URL: env['API_BASE_URL'] || `http://localhost:${apiPort}`,
      NATS_URL: servers.urls.natsUrl,
      DATABASE_URL: servers.urls.databaseUrl,
      REDIS_URL: servers.urls.redisUrl,
      ...(secret === undefined ? {} : { JWT_SECRET: secret }),
    };
    const envOf = (name: string): NodeJS.ProcessEnv => ({
      ...base,
      ...servers.envOf?.(name),
      ...options.envOf?.(name),
    });
    await startAll('projector', envOf);
    await startAll('bridge', envOf);
    const [wsPorts, apiPorts] = await allSettled([
      startAll('gateway', envOf, 'WS_PORT', wsPort, options.sharesWsPort === true && count('gateway') > 1),
      startAll('api', envOf, 'PORT', apiPort),
    ]);
    const apiUrls = apiPorts.map((port) => `http://127.0.0.1:${port}`);
    const wsUrls = wsPorts.map((port) => `ws://127.0.0.1:${port}`);
    urls = { ...servers.urls, apiUrl: apiUrls[0] ?? '', wsUrl: wsUrls[0] ?? '', apiUrls, wsUrls, operations };
    await writeRunFile();
    return {
      ...urls,
      processes,
      kill: async (name, kill, downMs) => partOf(name).kill(kill, downMs),
      comeBack: (name) => partOf(name).comeBack(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
