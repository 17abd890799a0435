import { execFile } from 'node:child_process';

/** What a finished command left behind. `status` is `undefined` when it could not be started or was killed. */
export type Ran = { readonly status: number | undefined; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  readonly timeoutMs?: number;
  /** Kills it when aborted. */
  readonly signal?: AbortSignal | undefined;
};

/** Runs a command to its end and never throws: a command that can't be started reports that in `stderr`. */
export const run = (command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const { timeoutMs = 60_000, signal, ...rest } = options;
    execFile(
      command,
      [...args],
      {
        ...rest,
        ...(signal && { signal }),
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 16 * 1024 * 1024,
        encoding: 'utf8',
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ status: 0, stdout, stderr });
        const status = typeof error.code === 'number' ? error.code : undefined;
        return resolve({ status, stdout, stderr: stderr === '' ? error.message : stderr });
      },
    );
  });
