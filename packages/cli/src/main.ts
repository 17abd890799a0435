import { runCli } from './program.ts';

const asked = new AbortController();
/** npm and the terminal both pass a Ctrl-C on: only one that comes later is a second one. */
const sameCtrlCMs = 1000;
let askedAt = 0;
const stop = (): void => {
  const now = Date.now();
  if (askedAt > 0 && now - askedAt > sameCtrlCMs) process.exit(130);
  askedAt ||= now;
  asked.abort();
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
process.once('disconnect', stop); // the command that started this has ended
// `kuraxx events tail | head`: whoever read has had enough
process.stdout.on('error', () => asked.abort());
process.stderr.on('error', () => undefined);

const code = await runCli(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
  signal: asked.signal,
});
// what was written to a pipe may not have gone out yet
process.stdout.write('', () => process.exit(code));
if (process.stdout.destroyed) process.exit(code);
