import { styleText } from 'node:util';
import type { Io } from './io.ts';

/** What a command says. Results go to stdout, everything else to stderr, so that results can be piped. */
export type Output = {
  readonly json: boolean;
  /** Whether stderr can be drawn again. */
  readonly isTerminal: boolean;
  /** The result of the command: one JSON document with --json, else what `text` makes of it. */
  result(value: unknown, text: () => string): void;
  /** One of many results: a line of JSON with --json. Resolves when more can be taken (back-pressure). */
  line(value: unknown, text: () => string): Promise<void>;
  /** Something that the person at the terminal may like to know; never part of the result. */
  note(text: string): void;
  /** Draws over what it drew last; where stderr is no terminal, in a line below. */
  redraw(text: string): void;
  /** Takes away what was drawn last, before somebody else writes to stderr. */
  clear(): void;
};

export const createOutput = ({ stdout, stderr, isTerminal }: Io, json: boolean): Output => {
  let drawn = false;
  const clear = (): void => {
    if (drawn) stderr.write(isTerminal ? '\r\u001B[K' : '\n');
    drawn = false;
  };
  return {
    json,
    isTerminal,
    result: (value, text) => {
      clear();
      stdout.write(`${json ? JSON.stringify(value, null, 2) : text()}\n`);
    },
    line: (value, text) =>
      new Promise((resolve) => {
        clear();
        if (stdout.write(`${json ? JSON.stringify(value) : text()}\n`) || stdout.destroyed) resolve();
        else stdout.once('drain', resolve).once('close', resolve);
      }),
    note: (text) => {
      clear();
      stderr.write(`${text}\n`);
    },
    redraw: (text) => {
      clear();
      stderr.write(text);
      drawn = true;
    },
    clear,
  };
};

type Cell = string | number;

/** Rows under their titles, numbers to the right. */
export const table = (titles: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell)));
  const widths = titles.map((title, column) => Math.max(title.length, ...texts.map((row) => row[column]?.length ?? 0)));
  const isNumber = titles.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [styleText('dim', line(titles)), ...texts.map(line)].join('\n');
};

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `12.3 MiB`. */
export const bytesText = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};
