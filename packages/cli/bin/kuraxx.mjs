#!/usr/bin/env node
// What is installed as `kuraxx`. It runs what `npm run build` made; in a checkout `npm run kuraxx --` needs no build.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

const fail = (message) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};
if (major < 22 || (major === 22 && minor < 17)) fail(`kuraxx needs Node 22.17 or newer; this is ${process.version}.`);
if (!existsSync(main)) fail('kuraxx is not built: run "npm run build", or use "npm run kuraxx -- <command>".');
await import(main.href);
