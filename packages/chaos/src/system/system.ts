import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { instanceName, type ServiceKind, type System, startSystem } from '@kuraxx/launcher';
import { createTcpProxy, type TcpProxy } from '@kuraxx/testing/tcp-proxy';
import { linksOf, processesOf, type ServerName, type Shape } from '../plan/shape.ts';
import { type Servers, startServers } from './servers.ts';

/** The whole system, every connection of it through a proxy that the nemesis can cut. */
export type ChaosSystem = {
  readonly servers: Servers;
  /** By `<from>><to>`. */
  readonly links: ReadonlyMap<string, TcpProxy>;
  /** As clients reach them: through their proxies. */
  readonly apiUrls: readonly string[];
  readonly wsUrls: readonly string[];
  /** As the Redis consumers do: one directly, one through a proxy. */
  readonly redisUrls: readonly { readonly consumer: string; readonly url: string }[];
  /** The process of a service or server, while it runs. */
  pidOf(name: string): number | undefined;
  /** Kills (-9) the process of a service, which comes back after `downMs`. */
  lose(name: string, downMs: number): Promise<void>;
  /** Ends the `downMs` of a process that was lost. */
  comeBack(name: string): void;
  /** What does not run now. */
  missing(): string[];
  /** Ends everything; nothing is left running. */
  stop(): Promise<void>;
};

export type ChaosSystemOptions = {
  readonly folder: string;
  readonly shape: Shape;
  /** NATS as a cluster of three. Connections to it then lead through no proxies: servers tell clients where the others are. */
  readonly cluster: boolean;
  /** Broken builds in some services' places. */
  readonly programs?: Partial<Record<ServiceKind, string>>;
  /** A process has ended, whoever ended it. */
  readonly onDeath: (name: string) => void;
  readonly signal: AbortSignal;
};

const serverOf = (link: string): ServerName | undefined => {
  const [, to] = link.split('>');
  return to === 'nats' || to === 'postgres' || to === 'redis' ? to : undefined;
};

/** @throws {StartError | ServersError} nothing is left running then */
export const openChaosSystem = async (options: ChaosSystemOptions): Promise<ChaosSystem> => {
  const { folder, shape, cluster, programs = {}, onDeath, signal } = options;
  mkdirSync(join(folder, 'logs'), { recursive: true });
  const note = (file: string, line: string): void =>
    appendFileSync(join(folder, 'logs', file), `${new Date().toISOString()} ${line}\n`);
  const servers = await startServers(folder, cluster, (name, line) => note(`${name}.log`, line), signal);
  const links = new Map<string, TcpProxy>();
  let system: System | undefined;

  const stop = async (): Promise<void> => {
    await system?.stop();
    await Promise.all([...links.values()].map((proxy) => proxy.close()));
    await Promise.all(Object.values(servers.all).map((server) => server.stop()));
  };
  const urlVia = (link: string): string => links.get(link)?.url ?? '';

  try {
    for (const link of linksOf(shape)) {
      const server = serverOf(link);
      if (server === undefined || (server === 'nats' && cluster)) continue;
      links.set(link, await createTcpProxy(servers[server].url));
    }
    system = await startSystem({
      dataDir: join(folder, 'system'),
      env: {
        NODE_ENV: 'development',
        LOG_LEVEL: 'info',
        RATE_LIMIT_ENABLED: 'false', // clients here ask as fast as they can
        JWT_ACCESS_EXPIRY: '24h',
        NATS_URL: servers.nats.url,
        DATABASE_URL: servers.postgres.url,
        REDIS_URL: servers.redis.url,
      },
      envOf: (name) => {
        const own = [...links.keys()].filter((link) => link.startsWith(`${name}>`));
        const variables = { nats: 'NATS_URL', postgres: 'DATABASE_URL', redis: 'REDIS_URL' };
        const viaProxies = own.flatMap((link) => {
          const server = serverOf(link);
          return server === undefined ? [] : [[variables[server], urlVia(link)] as const];
        });
        return { ...servers.natsEnvironmentOf(name), ...Object.fromEntries(viaProxies) };
      },
      counts: { api: shape.api, gateway: shape.gateway, projector: shape.projector, bridge: shape.bridge },
      programs,
      report: (line) => {
        note('launcher.log', line);
        const [, name] = /^(\S+) has died/.exec(line) ?? [];
        if (name !== undefined) onDeath(name);
      },
      signal,
    });
    for (const [kind, urls] of [
      ['api', system.apiUrls],
      ['gateway', system.wsUrls],
    ] as const) {
      for (const [index, url] of urls.entries()) {
        links.set(`clients>${instanceName(kind, index)}`, await createTcpProxy(url));
      }
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const processes = (): Record<string, number> => system?.processes() ?? {};
  const pidOf = (name: string): number | undefined =>
    name in servers.all ? servers.all[name]?.pid : processes()[name];
  const viaClients = (kind: ServiceKind, count: number): string[] =>
    Array.from({ length: count }, (_, index) => urlVia(`clients>${instanceName(kind, index)}`).replace(/\/$/, ''));
  return {
    servers,
    links,
    apiUrls: viaClients('api', shape.api),
    wsUrls: viaClients('gateway', shape.gateway),
    redisUrls: [
      { consumer: 'direct consumer', url: servers.redis.url },
      { consumer: 'proxied consumer', url: urlVia('consumer>redis') },
    ],
    pidOf,
    lose: async (name, downMs) => system?.kill(name, 'SIGKILL', downMs),
    comeBack: (name) => system?.comeBack(name),
    missing: () =>
      [...processesOf(shape).map(({ name }) => name), ...Object.keys(servers.all)].filter(
        (name) => pidOf(name) === undefined,
      ),
    stop,
  };
};
