/** What a shell gets to know. The texts are part of `kuraxx --help` and of the README. */
export const exitCodes = {
  done: { code: 0, means: 'it is done' },
  failed: { code: 1, means: 'it failed for a reason that is none of the below' },
  usage: { code: 2, means: 'the command line is wrong; nothing was done' },
  unsound: { code: 3, means: 'it was looked at, and something is not as it should be' },
  unavailable: { code: 4, means: 'a server that is needed is away; try again' },
  refused: { code: 5, means: 'it is not allowed now; the message says why; nothing was changed' },
  cancelled: { code: 130, means: 'you stopped it with Ctrl-C' },
} as const;

export type Exit = keyof typeof exitCodes;

/** Something that the person at the terminal has to know; the message stands alone, without a stack. */
export class CliError extends Error {
  readonly exit: Exit;

  constructor(exit: Exit, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.exit = exit;
  }
}
