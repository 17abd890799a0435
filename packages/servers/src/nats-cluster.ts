import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Binary } from './binary.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { messageOf, ServersError } from './errors.ts';
import { findNatsServer } from './find-nats.ts';
import { ensureFolder, repository } from './folders.ts';
import { freePort } from './free-port.ts';
import { explainNats, natsStart, type StartOptions } from './nats.ts';
import { stopLeftover } from './pid-file.ts';
import { type RunningServer, runServer } from './running-server.ts';

/** The users that deploy/nats/nats.conf knows, by what connects as them. */
export const natsUsers = ['cli', 'api', 'gateway', 'projector', 'bridge', 'sys'] as const;
export type NatsUser = (typeof natsUsers)[number];

/** Three nodes of one cluster with JetStream, on 127.0.0.1, with TLS and a user for each service. */
export type NatsCluster = {
  /** For clients: all nodes, comma-separated. */
  readonly url: string;
  /** `nats-1` to `nats-3` as the servers call themselves, in order. */
  readonly nodes: readonly RunningServer[];
  /** The authority that the nodes' certificate is from. */
  readonly caFile: string;
  passwordOf(user: NatsUser): string;
  /** Resolves once the node serves JetStream and has caught up with the others. @throws {ServersError} START_FAILED after a minute */
  whenHealthy(node: RunningServer): Promise<void>;
  stop(): Promise<void>;
};

export type NatsClusterOptions = Omit<StartOptions, 'port' | 'onLine'> & {
  /** Called with each line that a node prints, and the node's name. */
  readonly onLine?: ((line: string, node: string) => void) | undefined;
};

const nodeCount = 3;
const healthyTimeoutMs = 60_000;
const healthyPollMs = 200;
const startAttempts = 3;

type Ports = { readonly client: number; readonly http: number; readonly cluster: number };

const distinctPorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
};

/** Kept with the data: who has connected once gets in again. */
const passwordsIn = async (folder: string): Promise<Record<string, string>> => {
  const file = join(folder, 'passwords.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined); // the first start
  if (kept !== undefined) return JSON.parse(kept);
  const made = Object.fromEntries(natsUsers.map((user) => [user, randomBytes(18).toString('base64url')]));
  await writeFile(file, JSON.stringify(made), { mode: 0o600 });
  return made;
};

/** What deploy/nats/nats.conf asks for. Text goes in quotes: the server reads values as it reads that file. */
const environmentOf = (
  name: string,
  folder: string,
  ports: Ports,
  all: readonly Ports[],
  certificates: Certificates,
  passwords: Readonly<Record<string, string>>,
): Record<string, string> => {
  const text = (value: string): string => JSON.stringify(value);
  return {
    NATS_NAME: text(name),
    NATS_HOST: text('127.0.0.1'),
    NATS_PORT: String(ports.client),
    NATS_HTTP: text(`127.0.0.1:${ports.http}`),
    NATS_CLUSTER_LISTEN: text(`127.0.0.1:${ports.cluster}`),
    NATS_ROUTES: JSON.stringify(all.map(({ cluster }) => `tls://127.0.0.1:${cluster}`)),
    NATS_STORE: text(folder),
    NATS_TLS_CERT: text(certificates.cert),
    NATS_TLS_KEY: text(certificates.key),
    NATS_TLS_CA: text(certificates.ca),
    ...Object.fromEntries(
      Object.entries(passwords).map(([user, password]) => [`NATS_${user.toUpperCase()}_PASSWORD`, text(password)]),
    ),
  };
};

const accepts = async (port: number, path: string): Promise<boolean> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // not yet
  }
};

const startNode = (
  binary: Binary,
  name: string,
  ports: Ports,
  folder: string,
  environment: Record<string, string>,
  options: NatsClusterOptions,
): Promise<RunningServer> => {
  const pidFile = join(folder, 'nats.pid');
  const { onLine } = options;
  const start = natsStart(folder, onLine && ((line) => onLine(line, name)));
  return runServer({
    name: 'nats',
    url: `nats://127.0.0.1:${ports.client}`,
    port: ports.client,
    dataDir: folder,
    pidFile,
    child: {
      command: binary.path,
      args: ['-c', join(repository, 'deploy', 'nats', 'nats.conf')],
      cwd: folder,
      env: { ...process.env, ...binary.env, ...environment },
      deathSignal: 'SIGTERM',
      onLine: start.onLine,
    },
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 10_000,
    prepare: async () => {
      await stopLeftover(pidFile, 'SIGTERM');
      start.reset();
    },
    // up; the others may not be yet, and without them it isn't healthy
    isReady: async () => start.hasRecovered() && (await accepts(ports.http, '/varz')),
    explain: explainNats(folder),
    signal: options.signal,
  });
};

const startOn = async (binary: Binary, options: NatsClusterOptions): Promise<NatsCluster> => {
  const { dataDir } = options;
  const numbers = await distinctPorts(nodeCount * 3);
  const ports = Array.from({ length: nodeCount }, (_, index): Ports => {
    const [client = 0, http = 0, cluster = 0] = numbers.slice(index * 3, index * 3 + 3);
    return { client, http, cluster };
  });
  const certificates = await makeCertificates(join(dataDir, 'tls'));
  const passwords = await passwordsIn(dataDir);
  const started = await Promise.allSettled(
    ports.map(async (own, index) => {
      const name = `nats-${index + 1}`;
      const folder = join(dataDir, name);
      await ensureFolder(folder);
      const environment = environmentOf(name, folder, own, ports, certificates, passwords);
      return startNode(binary, name, own, folder, environment, options);
    }),
  );
  const nodes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const failed = started.find((one) => one.status === 'rejected');
  const whenHealthy = async (node: RunningServer): Promise<void> => {
    const http = ports.find(({ client }) => client === node.port)?.http ?? 0;
    const until = Date.now() + healthyTimeoutMs;
    while (!(await accepts(http, '/healthz'))) {
      if (options.signal?.aborted) throw new ServersError('STOPPED', 'NATS was stopped while it started');
      if (Date.now() > until) throw new ServersError('START_FAILED', 'a NATS node did not find the others');
      await delay(healthyPollMs);
    }
  };
  try {
    if (failed !== undefined) throw failed.reason;
    await Promise.all(nodes.map(whenHealthy));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: nodes.map(({ url }) => url).join(','),
    nodes,
    caFile: certificates.ca,
    passwordOf: (user) => passwords[user] ?? '',
    whenHealthy,
    stop,
  };
};

/**
 * Starts three NATS nodes in `dataDir` from deploy/nats/nats.conf, on free ports of 127.0.0.1, with certificates and passwords
 * made for them.
 *
 * @throws {ServersError} nothing is left running then
 */
export const startNatsCluster = async (options: NatsClusterOptions): Promise<NatsCluster> => {
  const binary = await findNatsServer({ log: options.log, signal: options.signal });
  await ensureFolder(options.dataDir);
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOn(binary, options);
    } catch (error) {
      const isTaken = error instanceof ServersError && error.code === 'PORT_TAKEN';
      if (!isTaken || attempt === startAttempts) {
        throw error instanceof ServersError
          ? error
          : new ServersError('START_FAILED', `NATS could not be started: ${messageOf(error)}`, { cause: error });
      }
    }
  }
};
