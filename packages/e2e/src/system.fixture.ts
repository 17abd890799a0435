import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type System, startSystem } from '@kuraxx/launcher';

export type { System } from '@kuraxx/launcher';

export type TestSystem = System & {
  /** What every process has logged so far, by the name of its file. */
  logs(): Promise<Record<string, string>>;
};

/**
 * Starts the whole system on free ports with a data folder of its own.
 *
 * @param options.env variables for the services, for example URLs of servers that the test can stop
 * @param options.counts how many processes of each service (default one)
 */
export const startTestSystem = async (
  options: {
    env?: Record<string, string>;
    /** For one process alone, by its name (`api-2`). */
    envOf?: (name: string) => Record<string, string>;
    counts?: Partial<Record<'api' | 'gateway' | 'projector' | 'bridge', number>>;
    /** All gateways on one port. */
    sharesWsPort?: boolean;
  } = {},
): Promise<TestSystem> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'kuraxx-e2e-'));
  const system = await startSystem({
    dataDir,
    // On a machine that stands still a socket that isn't to authenticate needs more than the usual 5 s
    env: { LOG_LEVEL: 'info', RATE_LIMIT_ENABLED: 'false', WS_AUTH_TIMEOUT: '2m', ...options.env },
    envOf: options.envOf ?? (() => ({})),
    counts: options.counts ?? {},
    sharesWsPort: options.sharesWsPort === true,
  });
  return {
    ...system,
    logs: async () => {
      const folder = join(dataDir, 'logs');
      const names = await readdir(folder);
      return Object.fromEntries(
        await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
      );
    },
    stop: async () => {
      await system.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
