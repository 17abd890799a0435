import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

const maxGzippedBytes = 15_000;

/** Bundles entries for browsers, each with all that it needs. @throws {Error} when a bundler warns: it does so when it finds a Node module */
const bundle = async (...files: string[]) => {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['source', 'browser'] },
    build: {
      write: false,
      minify: true,
      rollupOptions: {
        input: files.map((file) => join(import.meta.dirname, file)),
        preserveEntrySignatures: 'strict',
        onwarn: (warning) => {
          throw new Error(`a bundler warns: ${warning.message}`);
        },
      },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []));
  const chunks = outputs.flatMap((output) => (output.type === 'chunk' ? [output] : []));
  return {
    exports: chunks.flatMap(({ exports }) => exports),
    imports: chunks.flatMap(({ imports }) => imports),
    foreign: chunks
      .flatMap(({ moduleIds }) => moduleIds)
      .filter((id) => !id.startsWith(import.meta.dirname) && !id.includes('vite/')),
    gzippedBytes: chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0),
  };
};

test('all of it, bundled for browsers, is below 15 kB gzipped and needs nothing of Node and no schema', async () => {
  const { exports, imports, foreign, gzippedBytes } = await bundle('index.ts');
  expect(exports).toContain('createChat');
  expect(imports).toEqual([]);
  expect(foreign).toEqual([]);
  expect(gzippedBytes).toBeLessThan(maxGzippedBytes);
  expect(gzippedBytes).toBeGreaterThan(3_000); // else the bundler has thrown it away
});

test('MessagePack is apart, brings its library alone, and who does not ask for it does not load it', async () => {
  const { exports, imports, foreign, gzippedBytes } = await bundle('msgpack.ts');
  expect(exports).toEqual(['msgpack']);
  expect(imports).toEqual([]);
  expect(foreign.filter((id) => !id.includes('/@msgpack/msgpack/'))).toEqual([]);
  expect(gzippedBytes).toBeLessThan(8_000);
});
