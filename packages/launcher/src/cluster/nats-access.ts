import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { environmentWithSecrets } from '@kuraxx/runtime';
import type { NatsCluster, NatsUser } from '@kuraxx/servers';
import { StartError } from '../report.ts';
import { repository } from '../service-process.ts';

const isService = (kind: string): kind is NatsUser & ('api' | 'gateway' | 'projector' | 'bridge') =>
  ['api', 'gateway', 'projector', 'bridge'].includes(kind);

/** The environment of who connects to the cluster as a user of its own. */
export const natsEnvironment = (cluster: NatsCluster, user: NatsUser): NodeJS.ProcessEnv => ({
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

/**
 * Sets up streams and buckets as an operator does: by `kuraxx streams create`. No service may.
 *
 * @throws {StartError} with what the command said
 */
export const setUpStreams = async (
  cluster: NatsCluster,
  { partitions, replicas }: { readonly partitions: number; readonly replicas: number },
): Promise<void> => {
  const program = join(repository, 'packages', 'cli', 'src', 'main.ts');
  const options = ['--partitions', String(partitions), '--replicas', String(replicas)];
  const child = spawn(
    process.execPath,
    ['--conditions=source', program, '--from-env', 'streams', 'create', ...options],
    {
      env: { ...environmentWithSecrets(process.env), ...natsEnvironment(cluster, 'cli') },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const [code]: unknown[] = await once(child, 'close');
  if (code !== 0) throw new StartError(`kuraxx streams create failed: ${said.trim()}`);
};
