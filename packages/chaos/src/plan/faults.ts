import type { Random } from './random.ts';
import { linksOf, processesOf, type Shape, serverNames } from './shape.ts';

/**
 * What the nemesis does to whom, and for how long.
 *
 * - `kill`: SIGKILL. A service comes back by its supervisor, after `forMs` at the earliest; a server stays down for `forMs`.
 * - `restart`: the same with a clean stop.
 * - `freeze`: SIGSTOP, and SIGCONT after `forMs`.
 * - `cut`: connections of a link are reset and refused; `stall`: they pass nothing on; `slow`: they pass all on `delayMs` later.
 */
export type Fault = {
  readonly id: number;
  readonly kind: 'kill' | 'restart' | 'freeze' | 'cut' | 'stall' | 'slow';
  /** A process (`api-2`), a server (`nats`), a link (`bridge>redis`), or `leader of <stream>`: the node of a cluster that leads it then. */
  readonly target: string;
  /** After the start of the clients. */
  readonly atMs: number;
  readonly forMs: number;
  readonly delayMs?: number;
};

/** What a fault is drawn from, and how often. A kind's targets come one after the other, so that all get their turn. */
const deckOf = (shape: Shape) => {
  const processes = processesOf(shape).map(({ name }) => name);
  const links = linksOf(shape);
  return [
    { weight: 8, kind: 'kill', targets: processes, forMs: [0, 0] },
    { weight: 3, kind: 'restart', targets: processes, forMs: [0, 0] },
    { weight: 5, kind: 'freeze', targets: processes, forMs: [500, 6000] },
    { weight: 3, kind: 'kill', targets: serverNames, forMs: [100, 4000] },
    { weight: 1, kind: 'restart', targets: serverNames, forMs: [100, 4000] },
    { weight: 2, kind: 'freeze', targets: serverNames, forMs: [500, 4000] },
    { weight: 6, kind: 'cut', targets: links, forMs: [100, 5000] },
    { weight: 5, kind: 'stall', targets: links, forMs: [500, 7000] },
    { weight: 4, kind: 'slow', targets: links, forMs: [2000, 8000] },
  ] as const;
};

/** Time between two faults: often less than they last, so that they overlap; now and then several come at once. */
const gapMs = [300, 4500] as const;
const atOnceMs = [0, 100] as const;
const atOnceOneIn = 5;
const delayMs = [50, 800] as const;

/** @param untilMs no fault begins later; some last longer */
export const planFaults = (
  random: Random,
  shape: Shape,
  fromMs: number,
  untilMs: number,
  kinds?: readonly Fault['kind'][],
): Fault[] => {
  const deck = deckOf(shape)
    .filter(({ kind }) => kinds?.includes(kind) ?? true)
    .map((cards) => ({ ...cards, left: [] as string[] }));
  const bag = deck.flatMap((cards) => Array.from({ length: cards.weight }, () => cards));
  const faults: Fault[] = [];
  if (bag.length === 0) return faults;
  const nextGap = (): number => {
    const [min, max] = random.chance(1 / atOnceOneIn) ? atOnceMs : gapMs;
    return random.int(min, max);
  };
  for (let atMs = fromMs; atMs <= untilMs; atMs += nextGap()) {
    const cards = random.pick(bag);
    if (cards.left.length === 0) cards.left = random.shuffled(cards.targets);
    const target = cards.left.pop();
    if (target === undefined) continue;
    const { kind, forMs } = cards;
    faults.push({
      id: faults.length + 1,
      kind,
      target,
      atMs,
      forMs: random.int(forMs[0], forMs[1]),
      ...(kind === 'slow' ? { delayMs: random.int(...delayMs) } : {}),
    });
  }
  return faults;
};
