/** A source of numbers that a seed determines: the same seed gives the same numbers on every machine. */
export type Random = {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  /** @throws {RangeError} for an empty list */
  pick<T>(from: readonly T[]): T;
  /** A list in another order. */
  shuffled<T>(list: readonly T[]): T[];
  /** A source of its own: what one part of a plan draws doesn't change what another part gets. */
  fork(name: string): Random;
};

const fnvOffset = 0x811c9dc5;
const fnvPrime = 0x01000193;

const hash = (text: string): number => {
  let value = fnvOffset;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, fnvPrime) >>> 0;
  return value;
};

/** mulberry32 (public domain): small, and random enough to make plans with. */
const mulberry32 = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** @param seed a whole number; equal seeds give equal sequences */
export const createRandom = (seed: number): Random => {
  const next = mulberry32(seed);
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(from: readonly T[]): T => {
    const [one] = from.slice(int(0, from.length - 1));
    if (one === undefined) throw new RangeError('nothing to pick from');
    return one;
  };
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick,
    shuffled: (list) => {
      const rest = [...list];
      return list.flatMap(() => rest.splice(int(0, rest.length - 1), 1));
    },
    fork: (name) => createRandom(hash(`${seed} ${name}`)),
  };
};
