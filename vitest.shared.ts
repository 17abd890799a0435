import { join } from 'node:path';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/**
 * Resolve our own packages from their TypeScript sources, so that tests never need a build. Not `import`: vitest hands these to
 * Node as `--conditions`, and then `require` inside CommonJS packages (pg) is given ES modules.
 */
const conditions = ['source', 'node'];

/** By path: vitest looks a package's name up without the `source` condition. */
const globalSetup = join(import.meta.dirname, 'packages/testing/src/global-setup.ts');

/**
 * The vitest configuration that every package shares.
 *
 * @param options.servers start real NATS, Postgres and Redis once for the whole run (see packages/testing)
 * @param options.together the files of a package share one process, so that its modules are loaded once instead of once for each
 * file, which can be half of a run: for packages whose tests leave nothing changed behind (globals, the environment, timers, mocks)
 */
export const projectConfig = (options: { servers?: boolean; together?: boolean } = {}): ViteUserConfig =>
  defineConfig({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    environments: { __vitest__: { resolve: { conditions } } }, // where globalSetup runs
    test: {
      include: ['src/**/*.test.ts'],
      isolate: options.together !== true,
      globalSetup: options.servers ? [globalSetup] : [],
      testTimeout: 90_000,
      hookTimeout: 180_000,
      passWithNoTests: false,
      // Beside other tests on few cores a real server or process can stand still for seconds, and a wait that is bounded then
      // ends too early: once more, and the report names it. What is pure has no such excuse.
      retry: options.servers ? 1 : 0,
    },
  });
