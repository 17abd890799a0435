import type { Writable } from 'node:stream';

/** Where a run of the command line reads and writes; a test hands in its own. */
export type Io = {
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths are meant from here. */
  readonly cwd: string;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether stderr is a terminal, where a line can be drawn again. */
  readonly isTerminal: boolean;
  /** Aborted when the run is to end: Ctrl-C, or nobody reads the output any more. */
  readonly signal: AbortSignal;
};
