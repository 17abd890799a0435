import type { Command } from 'commander';
import type { Action } from './action.ts';

/**
 * One command: adds itself to its group. A new command is a file in `commands` that exports one of these, and a line in
 * `commands/index.ts`.
 */
export type CommandFile = (group: Command, action: Action) => void;

/** A heading under which commands are listed. */
export type Group = {
  readonly name: string;
  /** One line. */
  readonly about: string;
  readonly commands: readonly CommandFile[];
};
