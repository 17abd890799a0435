import { PassThrough } from 'node:stream';
import { runCli } from './program.ts';

export type Run = {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** stdout as JSON. */
  json(): unknown;
  /** Lines of stdout as JSON. */
  lines(): unknown[];
};

export type Running = {
  /** What has come on stdout so far. */
  stdout(): string;
  stderr(): string;
  /** Ctrl-C. */
  stop(): Promise<Run>;
  readonly ended: Promise<Run>;
};

const collect = (stream: PassThrough): (() => string) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
};

/** Starts a command line in this process. */
export const startCli = (env: NodeJS.ProcessEnv, ...args: string[]): Running => {
  const asked = new AbortController();
  const [out, err] = [new PassThrough(), new PassThrough()];
  const [stdout, stderr] = [collect(out), collect(err)];
  const ended = runCli(args, {
    env,
    cwd: '/nowhere',
    stdout: out,
    stderr: err,
    isTerminal: false,
    signal: asked.signal,
  }).then(async (code) => {
    await new Promise((done) => out.write('', done)); // what was written has been read
    const text = stdout();
    return {
      code,
      stdout: text,
      stderr: stderr(),
      json: (): unknown => JSON.parse(text),
      lines: () => text.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)])),
    };
  });
  return {
    stdout,
    stderr,
    stop: () => {
      asked.abort();
      return ended;
    },
    ended,
  };
};

/** Runs a command line to its end. */
export const cli = (env: NodeJS.ProcessEnv, ...args: string[]): Promise<Run> => startCli(env, ...args).ended;
