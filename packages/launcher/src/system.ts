import { join } from 'node:path';
import { freePort, isPortFree } from '@kuraxx/servers';
import { keptSecret, takeDataDir } from './data-dir.ts';
import { type Report, StartError } from './report.ts';
import { createRunFile } from './run-file.ts';
import { openServers, type ServerUrls } from './servers.ts';
import { type ServiceKind, startService } from './service-process.ts';
import { type Supervised, supervise } from './supervise.ts';

export type SystemOptions = {
  readonly dataDir: string;
  /** For the services, over this process's own environment; URLs of servers here are used as they are. */
  readonly env?: NodeJS.ProcessEnv;
  /** Of the first api and the first gateway; free ones when not given. Further processes take free ones. */
  readonly ports?: { readonly api: number; readonly ws: number };
  /** How many processes of each service; default one. */
  readonly counts?: Partial<Record<ServiceKind, number>>;
  /** Restart services when their sources change. */
  readonly watch?: boolean;
  readonly report?: Report;
};

export type System = ServerUrls & {
  readonly apiUrl: string;
  readonly wsUrl: string;
  /** Of all api processes, the first one first. */
  readonly apiUrls: readonly string[];
  readonly wsUrls: readonly string[];
  /** Process ids now, by name. */
  processes(): Record<string, number>;
  /** Sends a signal (default SIGKILL) to what was started here and resolves when that process has ended; it comes back by itself. */
  kill(name: string, signal?: NodeJS.Signals): Promise<void>;
  /** Ends everything in reverse order; nothing is left running. A second call waits for the first. */
  stop(): Promise<void>;
};

const requireFreePort = async (port: number, variable: string, what: string): Promise<void> => {
  const free = (await isPortFree(port, '0.0.0.0')) && (await isPortFree(port));
  if (!free) {
    throw new StartError(
      `Port ${port} for the ${what} is taken. Stop what listens there, or set ${variable} to another port.`,
    );
  }
};

const instanceName = (kind: ServiceKind, index: number): string => (index === 0 ? kind : `${kind}-${index + 1}`);

/**
 * Starts the whole system: servers, then projector (which migrates), bridge, gateways and apis. Resolves when all of it is
 * healthy and `<dataDir>/run.json` says where everything is. Whatever dies later is restarted with back-off.
 *
 * @throws {StartError | ServersError} with a message for people; nothing is left running then
 */
export const startSystem = async (options: SystemOptions): Promise<System> => {
  const { dataDir, counts = {}, report = () => undefined } = options;
  const env = { ...process.env, ...options.env };
  if (options.ports !== undefined) {
    await requireFreePort(options.ports.api, 'PORT', 'API');
    await requireFreePort(options.ports.ws, 'WS_PORT', 'WebSocket gateway');
  }
  const release = await takeDataDir(dataDir);
  const runFile = createRunFile(dataDir);
  const parts: Supervised[] = [];
  let urls: Omit<System, 'processes' | 'kill' | 'stop'> | undefined;

  const processes = () =>
    Object.fromEntries(parts.flatMap(({ name, pid }) => (pid === undefined ? [] : [[name, pid] as const])));
  const changed = (): void => {
    if (urls === undefined) return;
    const { apiUrl, wsUrl, natsUrl, databaseUrl, redisUrl } = urls;
    runFile
      .write({ apiUrl, wsUrl, natsUrl, databaseUrl, redisUrl, processes: processes() })
      .catch((error: unknown) => report(`run.json could not be written: ${String(error)}`));
  };

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      urls = undefined;
      await runFile.remove();
      const servers = parts.filter((part) => ['nats', 'postgres', 'redis'].includes(part.name));
      const services = parts.filter((part) => !servers.includes(part));
      for (const service of services.toReversed()) await service.stop();
      await Promise.all(servers.map((server) => server.stop()));
      await release();
    })();
    return stopped;
  };

  try {
    await runFile.remove();
    const secret = env['JWT_SECRET'] || (env['NODE_ENV'] === 'production' ? undefined : await keptSecret(dataDir));
    const servers = await openServers(env, dataDir, report, (server) => parts.push(server), changed);
    const base: NodeJS.ProcessEnv = {
      ...env,
      NATS_URL: servers.natsUrl,
      DATABASE_URL: servers.databaseUrl,
      REDIS_URL: servers.redisUrl,
      ...(secret === undefined ? {} : { JWT_SECRET: secret }),
    };
    const startOne = async (kind: ServiceKind, index: number, more: NodeJS.ProcessEnv = {}): Promise<void> => {
      const name = instanceName(kind, index);
      const spec = {
        name,
        kind,
        env: { ...base, ...more },
        logsDir: join(dataDir, 'logs'),
        watch: options.watch === true,
      };
      report(`${name}: starting`);
      parts.push(await supervise({ name, start: () => startService(spec, report) }, report, changed));
    };
    const startAll = async (kind: ServiceKind, variable?: string, first?: number): Promise<number[]> => {
      const ports: number[] = [];
      for (let index = 0; index < (counts[kind] ?? 1); index++) {
        ports.push((index === 0 ? first : undefined) ?? (await freePort()));
      }
      await Promise.all(
        ports.map((port, index) => startOne(kind, index, variable === undefined ? {} : { [variable]: String(port) })),
      );
      return ports;
    };
    await startAll('projector');
    await startAll('bridge');
    const [wsPorts, apiPorts] = await Promise.all([
      startAll('gateway', 'WS_PORT', options.ports?.ws),
      startAll('api', 'PORT', options.ports?.api),
    ]);
    const apiUrls = apiPorts.map((port) => `http://127.0.0.1:${port}`);
    const wsUrls = wsPorts.map((port) => `ws://127.0.0.1:${port}`);
    const [apiUrl = '', wsUrl = ''] = [apiUrls[0], wsUrls[0]];
    urls = { ...servers, apiUrl, wsUrl, apiUrls, wsUrls };
    await runFile.write({ apiUrl, wsUrl, ...servers, processes: processes() });
    return {
      ...urls,
      processes,
      kill: async (name, signal) => {
        const part = parts.find((one) => one.name === name);
        if (part === undefined)
          throw new Error(`nothing called ${name} was started: ${parts.map((one) => one.name).join(', ')}`);
        await part.kill(signal);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
