import { createHash } from 'node:crypto';

/** What the first line of a chain follows. */
const beginning = '0'.repeat(64);
const tail = /,"hash":"([0-9a-f]{64})"\}$/;

const hashOf = (previous: string, body: string): string =>
  createHash('sha256').update(previous).update('\n').update(body).digest('hex');

/**
 * Links lines: each carries the hash of the hash before it and of itself, so a line that is changed, missing, doubled or
 * moved shows. The value must be an object; the hash becomes its last field.
 */
export const createChain = () => {
  let previous = beginning;
  return (value: object): string => {
    const body = JSON.stringify(value);
    previous = hashOf(previous, body);
    return `${body.slice(0, -1)},"hash":"${previous}"}`;
  };
};

/** A line that is not what it was when it was written, or not where it was. */
export class BrokenChain extends Error {
  constructor(lineNumber: number, why: string) {
    super(`line ${lineNumber} ${why}`);
    this.name = 'BrokenChain';
  }
}

/** Checks lines in their order. @returns the line's value. @throws {BrokenChain} naming the first line that doesn't fit */
export const createChainReader = () => {
  let previous = beginning;
  let lineNumber = 0;
  return (line: string): unknown => {
    lineNumber += 1;
    const [, hash] = tail.exec(line) ?? [];
    if (hash === undefined) throw new BrokenChain(lineNumber, 'is cut off, or is no line of an export');
    const body = `${line.slice(0, line.length - `,"hash":"${hash}"}`.length)}}`;
    if (hashOf(previous, body) !== hash) {
      throw new BrokenChain(lineNumber, 'was changed, or a line before it is missing, doubled or moved');
    }
    previous = hash;
    return JSON.parse(body);
  };
};
