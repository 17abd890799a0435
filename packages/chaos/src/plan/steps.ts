import type { Random } from './random.ts';
import type { Shape } from './shape.ts';

/** One try of a send: over which way, and how long its answer is waited for. */
export type Try = { readonly way: 'rest' | 'ws'; readonly server: number; readonly patienceMs: number };

/** What a user does. `which` (0 ≤ x < 1) picks among the user's own messages at that time. */
export type Step = { readonly atMs: number } & (
  | {
      readonly do: 'send';
      readonly room: number;
      /** One after the other until one is acknowledged or refused; with `together` the first two at once. */
      readonly tries: readonly Try[];
      readonly together: boolean;
      /** A UUIDv7, or any text, as old clients name their messages. */
      readonly named: 'fresh' | 'freely';
      readonly length: number;
    }
  | { readonly do: 'repeat'; readonly which: number; readonly tries: readonly Try[] }
  | { readonly do: 'edit' | 'delete'; readonly which: number; readonly server: number }
  | { readonly do: 'joinOrLeave'; readonly room: number; readonly server: number }
  /** By the owner of the room. */
  | { readonly do: 'removeOrAdd'; readonly room: number; readonly user: number; readonly server: number }
  | { readonly do: 'read'; readonly room: number; readonly server: number }
);

/** What a socket does of its own accord. */
export type DeviceStep = { readonly atMs: number; readonly awayMs: number } & (
  | { readonly do: 'close' | 'drop'; readonly gateway: number }
  /** Leaves the room's feed and comes back, with or without what it missed. */
  | { readonly do: 'unfollow'; readonly room: number; readonly resume: boolean }
);

const stepGapMs = [100, 700] as const;
const deviceGapMs = [2500, 12_000] as const;
const maxTries = 8;

const planTries = (random: Random, shape: Shape): Try[] => {
  // some give up early: an outcome that nobody knows is part of life
  const count = random.chance(0.1) ? 1 : random.int(2, maxTries);
  return Array.from({ length: count }, () => ({
    way: random.chance(0.5) ? 'rest' : 'ws',
    server: random.int(0, shape.api - 1),
    // an impatient client asks again while the first request is still at work
    patienceMs: random.chance(0.15) ? random.int(5, 400) : random.int(5000, 8000),
  }));
};

const lengths = [12, 40, 200, 4000] as const;

const planStep = (random: Random, shape: Shape, user: number, atMs: number): Step => {
  const server = random.int(0, shape.api - 1);
  const room = random.int(0, shape.rooms - 1);
  const own = Array.from({ length: shape.rooms }, (_, index) => index).filter((index) => index % shape.users === user);
  const dice = random.next();
  if (dice < 0.1) return { do: 'edit', atMs, which: random.next(), server };
  if (dice < 0.16) return { do: 'delete', atMs, which: random.next(), server };
  if (dice < 0.23) return { do: 'repeat', atMs, which: random.next(), tries: planTries(random, shape) };
  if (dice < 0.26) return { do: 'read', atMs, room, server };
  if (dice < 0.34 && room > 0) return { do: 'joinOrLeave', atMs, room, server };
  if (dice < 0.44 && own.some((index) => index > 0)) {
    const others = Array.from({ length: shape.users }, (_, index) => index).filter((index) => index !== user);
    return {
      do: 'removeOrAdd',
      atMs,
      room: random.pick(own.filter((index) => index > 0)),
      user: random.pick(others),
      server,
    };
  }
  return {
    do: 'send',
    atMs,
    room,
    tries: planTries(random, shape),
    together: random.chance(0.2),
    named: random.chance(0.8) ? 'fresh' : 'freely',
    length: random.pick(lengths),
  };
};

/** What user number `user` does in `durationMs`. */
export const planSteps = (random: Random, shape: Shape, user: number, durationMs: number): Step[] => {
  const steps: Step[] = [];
  for (let atMs = random.int(...stepGapMs); atMs < durationMs; atMs += random.int(...stepGapMs)) {
    steps.push(planStep(random, shape, user, atMs));
  }
  return steps;
};

/** What one socket does in `durationMs`. */
export const planDevice = (random: Random, shape: Shape, durationMs: number): DeviceStep[] => {
  const steps: DeviceStep[] = [];
  for (let atMs = random.int(...deviceGapMs); atMs < durationMs; atMs += random.int(...deviceGapMs)) {
    const awayMs = random.chance(0.5) ? random.int(0, 200) : random.int(500, 5000);
    if (random.chance(0.3)) {
      const room = random.int(0, shape.rooms - 1);
      steps.push({ atMs, awayMs, do: 'unfollow', room, resume: random.chance(0.7) });
    } else {
      const gateway = random.int(0, shape.gateway - 1);
      steps.push({ atMs, awayMs, do: random.chance(0.5) ? 'close' : 'drop', gateway });
    }
  }
  return steps;
};
