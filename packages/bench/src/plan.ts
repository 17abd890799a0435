/** How much of everything, and for how long it is waited in between: the whole takes some half an hour, the quick one a few (and its figures mean little). */
export type Plan = {
  readonly progress: (text: string) => void;
  readonly waits: {
    /** Postgres' processes say what they have done at most so much later: 10 s for those that have gone idle (PGSTAT_IDLE_INTERVAL). */
    readonly statisticsMs: number;
    /** So long a database is looked at in which nothing is done. */
    readonly idleMs: number;
    /** What sockets used at their opening, or until their end, is given back by then. */
    readonly settleMs: number;
  };
  readonly users: number;
  readonly fanOut: {
    readonly sockets: number;
    /** Each divides the number of sockets. */
    readonly roomSizes: readonly number[];
    readonly rounds: number;
    readonly seconds: number;
  };
  readonly sends: {
    readonly sockets: number;
    readonly inFlight: number;
    readonly rounds: number;
    readonly seconds: number;
  };
  readonly latencySeconds: number;
  readonly memorySockets: number;
  readonly resumeMessages: number;
  readonly stormSockets: number;
  readonly stoppedReaders: number;
  readonly rest: { readonly connections: number; readonly rounds: number; readonly seconds: number };
  readonly replay: {
    readonly events: number;
    readonly rounds: number;
    readonly lagSeconds: number;
    /** Numbers of events at which the memory of a replay is measured; the last one is the length of the log. */
    readonly memoryAt: readonly number[];
  };
  readonly rebuild: {
    readonly events: number;
    readonly readsPerSecond: number;
    readonly writesPerSecond: number;
    readonly secondsBefore: number;
  };
  readonly growth: { readonly rooms: readonly [number, number]; readonly messages: readonly [number, number] };
};

export const wholePlan = (progress: Plan['progress']): Plan => ({
  progress,
  waits: { statisticsMs: 11_000, idleMs: 2_000, settleMs: 10_000 },
  users: 1000,
  fanOut: { sockets: 1000, roomSizes: [10, 100, 1000], rounds: 3, seconds: 2 },
  sends: { sockets: 64, inFlight: 512, rounds: 3, seconds: 3 },
  latencySeconds: 5,
  memorySockets: 10_000,
  resumeMessages: 10_000,
  stormSockets: 5_000,
  stoppedReaders: 1_000,
  rest: { connections: 64, rounds: 3, seconds: 3 },
  growth: { rooms: [100, 10_000], messages: [10_000, 1_000_000] },
  rebuild: { events: 200_000, readsPerSecond: 200, writesPerSecond: 100, secondsBefore: 10 },
  replay: {
    events: 300_000,
    rounds: 3,
    lagSeconds: 10,
    memoryAt: [100_000, 200_000, 500_000, 1_000_000, 2_000_000],
  },
});

export const quickPlan = (progress: Plan['progress']): Plan => ({
  progress,
  waits: { statisticsMs: 1_000, idleMs: 500, settleMs: 300 },
  users: 20,
  fanOut: { sockets: 20, roomSizes: [10, 20], rounds: 1, seconds: 0.3 },
  sends: { sockets: 8, inFlight: 32, rounds: 1, seconds: 0.5 },
  latencySeconds: 0.5,
  memorySockets: 100,
  resumeMessages: 500,
  stormSockets: 100,
  stoppedReaders: 20,
  rest: { connections: 8, rounds: 1, seconds: 0.5 },
  growth: { rooms: [10, 100], messages: [100, 1000] },
  rebuild: { events: 3000, readsPerSecond: 20, writesPerSecond: 10, secondsBefore: 1 },
  replay: { events: 3000, rounds: 1, lagSeconds: 1, memoryAt: [3000, 6000] },
});
