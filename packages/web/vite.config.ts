import { defineConfig } from 'vite';

/** The api serves what this makes: `page/index.html` at `/`, the rest at `/assets/`. */
export default defineConfig({
  root: import.meta.dirname,
  clearScreen: false,
  resolve: { conditions: ['source', 'module', 'browser', 'development|production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: 'page', emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
  // `npm run dev` here: the page with reload on change, on the api of a running system
  server: {
    proxy: Object.fromEntries(
      ['/auth', '/rooms', '/messages', '/users', '/upload', '/files'].map((path) => [path, 'http://localhost:3001']),
    ),
  },
});
