import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So many sockets that came or went leave enough behind to be worth a collection. */
const manyChanges = 1_000;

/** What a process has done since it started. */
export type Doings = {
  /** Frames in and out. */
  readonly frames: number;
  readonly openedAndClosed: number;
};

/**
 * Gives memory back when many sockets have come or gone and it has become quiet. V8 collects when something is allocated, and never because
 * nothing is: an idle gateway would keep for ever what the opening of its sockets needed, which is several times what they need open.
 *
 * @param collect a full garbage collection: it stops everything for some milliseconds per megabyte in use
 * @returns to be called now and then: collects when no frame has come or gone since the call before
 */
export const createTidy = (collect: () => void): ((doings: Doings) => void) => {
  let frames = 0;
  let tidiedAt = 0;
  return (doings) => {
    const isQuiet = doings.frames === frames;
    frames = doings.frames;
    if (!isQuiet || doings.openedAndClosed - tidiedAt < manyChanges) return;
    tidiedAt = doings.openedAndClosed;
    collect();
  };
};

/**
 * V8's own collector: Node shows it only to contexts that are made while the flag is set. Its usual collection keeps the pages that it empties
 * (of 95 MB resident it gave back none), the one of last resort gives them back (55 MB were left) and takes twice as long.
 */
export const fullCollection = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  if (typeof gc !== 'function') throw new Error('this V8 has no collector to call');
  return () => void Reflect.apply(gc, undefined, [{ type: 'major', execution: 'sync', flavor: 'last-resort' }]);
};
