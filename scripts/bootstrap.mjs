// The first thing that every command runs, on whatever Node is installed (20 or newer) and before anything else is:
// plain JavaScript without dependencies. It installs what is missing and hands over to Node 22 from node_modules.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binFolder = join(root, 'node_modules', '.bin');
const stampFile = join(root, 'node_modules', '.kuraxx-installed');
const launcher = join(root, 'packages', 'launcher', 'src');

/** Ends with a message for people, without a stack. */
const fail = (message) => {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
};

const say = (message) => process.stderr.write(`${message}\n`);

const lockFingerprint = () => createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');

const isInstalled = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === lockFingerprint();

const install = () => {
  say('Installing packages (once; about a minute) …');
  const started = Date.now();
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_ENV: 'development' }, // production would leave out what building and testing need
    shell: process.platform === 'win32',
  });
  if (error) fail(`npm can't be run (${error.message}): install npm, then try again.`);
  if (status !== 0) fail('npm ci failed; its messages are above. Check that the npm registry can be reached, then try again.');
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, lockFingerprint());
  say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
};

/** The npm package `node` brings Node 22 by an install script: with scripts switched off it is missing. */
const checkNode = () => {
  const { stdout } = spawnSync(join(binFolder, 'node'), ['-v'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (stdout ?? '').slice(1).split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 17)) return;
  fail(
    `node_modules/.bin/node is ${(stdout ?? '').trim() || 'missing'}, but 22.17 or newer is needed. It comes by an install script:\n` +
      'run `npm config get ignore-scripts`; when that says true, run `npm ci --ignore-scripts=false`, then try again.',
  );
};

const concurrency = '2';
const turbo = (tasks) => [join(root, 'node_modules', 'turbo', 'bin', 'turbo'), 'run', ...tasks, `--concurrency=${concurrency}`];
const script = (name, ...args) => ['--conditions=source', join(launcher, name), ...args];

const commands = {
  start: () => [script('start.ts')],
  story: () => [script('story.ts')],
  dev: (only) => [script('dev.ts', ...(only === undefined ? [] : [only]))],
  // the servers' binaries are fetched once, before parallel tasks would each look for them
  test: () => [script('prepare-servers.ts'), turbo(['build', 'typecheck', 'lint', 'test'])],
  turbo: (...tasks) => [turbo(tasks)],
};

/** Runs one command to its end, passes signals on. @returns its exit code */
const runNode = (args) =>
  new Promise((resolve) => {
    const child = spawn(join(binFolder, 'node'), args, {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        PATH: `${binFolder}${delimiter}${process.env.PATH ?? ''}`,
        TURBO_TELEMETRY_DISABLED: '1',
        DO_NOT_TRACK: '1',
      },
    });
    // Ctrl-C reaches the whole foreground group by itself; a signal to this process alone has to be passed on
    const pass = (signal) => child.kill(signal);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass);
    process.on('SIGINT', () => undefined);
    child.on('error', (error) => fail(`could not start: ${error.message}`));
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) fail(`Unknown command "${name}": one of ${Object.keys(commands).join(', ')}.`);
if (!isInstalled()) install();
checkNode();
for (const step of command(...args)) {
  const code = await runNode(step);
  if (code !== 0) process.exit(code);
}
