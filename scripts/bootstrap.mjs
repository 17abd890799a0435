// The first thing that every command runs, on whatever Node is installed (20 or newer) and before anything else is:
// plain JavaScript without dependencies. It installs what is missing and hands over to Node 22 from node_modules.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failuresOf, forgetFailures } from './tell-failures.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binFolder = join(root, 'node_modules', '.bin');
const launcher = join(root, 'packages', 'launcher', 'src');
const chaos = join(root, 'packages', 'chaos', 'src');
const cli = join(root, 'packages', 'cli', 'src');

/** Ends with a message for people, without a stack. */
const fail = (message) => {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
};

const say = (message) => process.stderr.write(`${message}\n`);

const lockedPackages = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

/** npm writes what it has installed to a lock file of its own, last of all: an interrupted installation has none. */
const isInstalled = () => {
  const wanted = lockedPackages('package-lock.json');
  let had;
  try {
    had = lockedPackages('node_modules/.package-lock.json');
  } catch {
    return false;
  }
  return Object.entries(wanted).every(
    ([path, { version, link, optional, devOptional }]) =>
      !path.includes('node_modules/') || // our own packages
      optional ||
      devOptional || // for another platform, perhaps
      (had[path] !== undefined && (link || had[path].version === version)),
  );
};

/** Without node_modules/.bin, which npm scripts have on it: npm must not run on a Node that it is about to replace. */
const outerPath = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
  .join(delimiter);

const install = () => {
  say('Installing packages with npm ci (about a minute) …');
  const started = Date.now();
  const { npm_execpath: npm, npm_node_execpath: node } = process.env; // set when npm runs us
  const [command, ...first] = npm?.endsWith('.js') && node && !node.startsWith(root) ? [node, npm] : ['npm'];
  const { status, error } = spawnSync(
    command,
    // tests and builds need what is for development, whatever NODE_ENV says
    [...first, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PATH: outerPath } },
  );
  if (error) fail(`npm can't be run (${error.message}): install npm, then try again.`);
  if (status !== 0)
    fail('npm ci failed; its messages are above. Mend that (is the registry reachable?), then try again.');
  say(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
};

/** The npm package `node` brings Node 22 by an install script: with scripts switched off it is missing. */
const checkNode = () => {
  const { stdout } = spawnSync(join(binFolder, 'node'), ['-v'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (stdout ?? '').slice(1).split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 17)) return;
  fail(
    `Node 22.17 or newer is needed, but node_modules/.bin/node is ${(stdout ?? '').trim() || 'missing'}. npm brings it by an install script, which\n` +
      'seems to be switched off ("npm config get ignore-scripts"). Run "npm ci --ignore-scripts=false", then try again.',
  );
};

// The heavy test tasks wait more than they work, but each runs servers of its own: more than one beyond two cores only makes them slow
const concurrency = Math.min(4, Math.max(3, availableParallelism()));

const turbo = (...args) => ({
  isSummarized: args.includes('--summarize'),
  args: [join(root, 'node_modules', 'turbo', 'bin', 'turbo'), 'run', ...args, `--concurrency=${concurrency}`],
});

/** Settings for this machine, made from .env.example; what the environment says wins. */
const envFile = existsSync(join(root, '.env')) ? [`--env-file=${join(root, '.env')}`] : [];

/** Our own programs are told by a channel when this process ends, even by kill -9. */
const program = (file, ...args) => ({
  args: [...envFile, '--conditions=source', file, ...args],
  channel: true,
});

const commands = {
  start: () => [program(join(launcher, 'start.ts'))],
  cluster: () => [program(join(launcher, 'cluster.ts'))],
  story: () => [program(join(launcher, 'story.ts'))],
  dev: (...only) => [program(join(launcher, 'dev.ts'), ...only)],
  fuzz: (...args) => [program(join(root, 'packages', 'e2e', 'src', 'fuzz', 'main.ts'), ...args)],
  chaos: (...args) => [program(join(chaos, 'main.ts'), ...args)],
  kuraxx: (...args) => [program(join(cli, 'main.ts'), ...args)],
  bench: (...args) => [program(join(root, 'packages', 'bench', 'src', 'main.ts'), ...args)],
  // The servers' binaries are fetched once, before tasks that run side by side each look for them
  test: () => [
    program(join(launcher, 'prepare-servers.ts')),
    turbo('build', 'typecheck', 'lint', 'test', '--continue=dependencies-successful', '--summarize'),
  ],
  turbo: (...args) => [turbo(...args)],
};

const parentPollMs = 500;

/** Runs one command to its end and passes signals on. @returns its exit code */
const runNode = ({ args, channel = false }) =>
  new Promise((resolve) => {
    const child = spawn(join(binFolder, 'node'), args, {
      cwd: root,
      stdio: ['inherit', 'inherit', 'inherit', ...(channel ? ['ipc'] : [])],
      env: {
        ...process.env,
        PATH: `${binFolder}${delimiter}${outerPath}`,
        TURBO_TELEMETRY_DISABLED: '1',
        DO_NOT_TRACK: '1',
      },
    });
    // A Ctrl-C reaches the child from the terminal as well; it takes the second one for the same
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const pass = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, pass);
    // The scripts in package.json say `exec`, so that npm itself is our parent and its signals reach us; when it is killed
    // with -9 nothing else would tell us
    const { ppid } = process;
    const orphaned = setInterval(() => process.ppid !== ppid && pass('SIGTERM'), parentPollMs);
    if (process.env.npm_lifecycle_event === undefined) clearInterval(orphaned); // started by hand: may outlive its shell
    child.on('error', (error) => fail(`${args[0]} could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      clearInterval(orphaned);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });

const [name = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) fail(`Unknown command "${name}": one of ${Object.keys(commands).join(', ')}.`);
if (!isInstalled()) install();
checkNode();
for (const step of command(...args)) {
  if (step.isSummarized) forgetFailures(root);
  const code = await runNode(step);
  if (code !== 0 && step.isSummarized) process.stdout.write(failuresOf(root));
  if (code !== 0) process.exit(code);
}
process.exit(0);
