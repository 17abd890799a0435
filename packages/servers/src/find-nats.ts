import { aptBinary } from './apt.ts';
import { type Binary, findOnPath } from './binary.ts';
import { ServersError } from './errors.ts';

export type FindOptions = {
  readonly log?: ((message: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Default: KURAXX_SERVERS_DIR, else `servers` in the data folder. */
  readonly serversDir?: string;
};

/**
 * nats-server from PATH or the system folders, else unpacked from the distribution's package into the servers folder
 * (once; several processes may ask at the same time).
 *
 * @throws {ServersError} BINARY_MISSING, with what to install
 */
export const findNatsServer = async (options: FindOptions = {}): Promise<Binary> => {
  const path = await findOnPath('nats-server');
  if (path !== undefined) return { path, env: {} };
  const unpacked = await aptBinary({ ...options, binary: 'usr/sbin/nats-server', packages: ['nats-server'] });
  if ('path' in unpacked) return unpacked;
  throw new ServersError(
    'BINARY_MISSING',
    `NATS was not found: NATS_URL is not set, no Docker engine runs, nats-server is not on PATH, and ${unpacked.reason}. ` +
      'Install it ("sudo apt-get install nats-server", "brew install nats-server" or https://nats.io/download), or set NATS_URL.',
  );
};
