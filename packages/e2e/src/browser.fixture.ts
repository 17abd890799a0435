import { fileURLToPath } from 'node:url';
import type { BrowserContext, Page } from '@kuraxx/testing/browser';
import { build } from 'vite';

/** `@kuraxx/client` as a bundler makes it for browsers: one module. */
export const bundleClient = async (): Promise<string> => {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    resolve: { conditions: ['source', 'browser'] },
    build: {
      write: false,
      rollupOptions: {
        input: fileURLToPath(import.meta.resolve('@kuraxx/client')),
        preserveEntrySignatures: 'strict',
      },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []));
  const [chunk] = outputs.flatMap((output) => (output.type === 'chunk' ? [output] : []));
  if (chunk === undefined) throw new Error('nothing was bundled');
  return chunk.code;
};

/** An empty page of the api's own origin, with the client as the global `kuraxx`. */
export const openEmptyPage = async (context: BrowserContext, apiUrl: string, client: string): Promise<Page> => {
  const page = await context.newPage();
  await page.route(`${apiUrl}/empty.html`, (route) =>
    route.fulfill({
      contentType: 'text/html',
      body: '<!doctype html><title>empty</title><script type="module">import * as kuraxx from "/client.js"; globalThis.kuraxx = kuraxx;</script>',
    }),
  );
  await page.route(`${apiUrl}/client.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: client }));
  await page.goto(`${apiUrl}/empty.html`);
  await page.waitForFunction('globalThis.kuraxx !== undefined');
  return page;
};
