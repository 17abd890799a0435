import { join } from 'node:path';
import { environmentWithSecrets } from '@kuraxx/runtime';
import { type NatsCluster, type NatsUser, startChild } from '@kuraxx/servers';
import { StartError } from '../report.ts';
import { programs, repository, type ServiceKind } from '../service-process.ts';

const setUpTimeoutMs = 60_000;
const stopTimeoutMs = 5_000;

/** Services connect as users of their names. */
const isService = (kind: string): kind is ServiceKind => Object.hasOwn(programs, kind);

/** Whom to connect to, and as whom, for `natsOptions`. */
export const natsAccessOf = (cluster: NatsCluster, user: NatsUser) => ({
  url: cluster.url,
  user,
  password: cluster.passwordOf(user),
  tls: { caFile: cluster.caFile },
});

/** The environment of who connects to the cluster as a user of its own. */
const natsEnvironment = (cluster: NatsCluster, user: NatsUser): NodeJS.ProcessEnv => ({
  NATS_URL: cluster.url,
  NATS_USER: user,
  NATS_PASSWORD: cluster.passwordOf(user),
  NATS_TLS_CA: cluster.caFile,
});

/** The same for a process of a service by its name: `api-2` connects as `api`. @throws {TypeError} for what is no service */
export const natsEnvironmentOf = (cluster: NatsCluster, processName: string): NodeJS.ProcessEnv => {
  const kind = processName.replace(/-\d+$/, '');
  if (!isService(kind)) throw new TypeError(`no service is called ${processName}`);
  return natsEnvironment(cluster, kind);
};

export type StreamsOptions = {
  readonly partitions: number;
  /** Copies of each stream. */
  readonly replicas: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
};

/**
 * Sets up streams and buckets as an operator does: by `kuraxx streams create`. No service may.
 *
 * @throws {StartError} with what the command said; when it takes longer than a minute, or `signal` is aborted: it has ended then
 */
export const setUpStreams = async (cluster: NatsCluster, options: StreamsOptions): Promise<void> => {
  const { partitions, replicas, signal } = options;
  const program = join(repository, 'packages', 'cli', 'src', 'main.ts');
  const counts = ['--partitions', String(partitions), '--replicas', String(replicas)];
  const child = await startChild({
    command: process.execPath,
    args: ['--conditions=source', program, '--from-env', 'streams', 'create', ...counts],
    cwd: repository,
    env: { ...environmentWithSecrets(process.env), ...natsEnvironment(cluster, 'cli') },
    deathSignal: 'SIGTERM',
  });
  let problem: string | undefined;
  const giveUp = (why: string): void => {
    problem ??= why;
    void child.end('SIGTERM', stopTimeoutMs);
  };
  const stopped = (): void => giveUp('was stopped');
  const timer = setTimeout(() => giveUp(`took longer than ${setUpTimeoutMs / 1000} s`), setUpTimeoutMs);
  signal.addEventListener('abort', stopped, { once: true });
  if (signal.aborted) stopped();
  const { code } = await child.exited;
  clearTimeout(timer);
  signal.removeEventListener('abort', stopped);
  if (code === 0) return;
  throw new StartError(`kuraxx streams create ${problem ?? 'failed'}: ${child.output().join('\n').trim()}`);
};
