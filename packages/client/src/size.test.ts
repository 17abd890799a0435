import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

const maxGzippedBytes = 15_000;

test('all of it, bundled for browsers, is below 15 kB gzipped and needs nothing of Node and no schema', async () => {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['source', 'browser'] },
    build: {
      write: false,
      minify: true,
      rollupOptions: {
        input: join(import.meta.dirname, 'index.ts'),
        preserveEntrySignatures: 'strict',
        onwarn: (warning) => {
          throw new Error(`a bundler warns: ${warning.message}`); // it does so when it finds a Node module
        },
      },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []));
  const chunks = outputs.flatMap((output) => (output.type === 'chunk' ? [output] : []));
  expect(chunks).toHaveLength(1);
  const [{ code, moduleIds, exports, imports } = { code: '', moduleIds: [], exports: [], imports: [] }] = chunks;
  expect(exports).toContain('createChat');
  expect(imports).toEqual([]);
  expect(moduleIds.filter((id) => !id.startsWith(import.meta.dirname) && !id.includes('vite/'))).toEqual([]);
  const size = gzipSync(code, { level: 9 }).length;
  expect(size).toBeLessThan(maxGzippedBytes);
  expect(size).toBeGreaterThan(3_000); // else the bundler has thrown it away
});
