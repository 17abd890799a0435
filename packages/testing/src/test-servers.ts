import { inject } from 'vitest';

/** Where the servers of this test run are. All test files share them: use names of your own. */
export type TestServers = { readonly natsUrl: string; readonly databaseUrl: string; readonly redisUrl: string };

declare module 'vitest' {
  export interface ProvidedContext {
    kuraxxServers: TestServers;
  }
}

/** @throws {Error} when the package's vitest config doesn't say `projectConfig({ servers: true })` */
export const testServers = (): TestServers => {
  const servers: TestServers | undefined = inject('kuraxxServers');
  if (servers === undefined) throw new Error('no servers: use projectConfig({ servers: true }) in vitest.config.ts');
  return servers;
};
