import { type Chat, inParallel } from '../chat.ts';
import { type Layout, runClosedLoop } from '../load/closed-loop.ts';
import { type Dialect, kuraxxDialect, plainDialect, socketIoDialect } from '../load/dialects.ts';
import { openSwarm, type Swarm } from '../load/swarm.ts';
import { type PeerProcess, startPeer } from '../peers/peer-process.ts';
import type { Plan } from '../plan.ts';
import type { Comparison, Row } from '../report.ts';
import { median } from '../statistics.ts';
import { cpuSeconds } from '../usage.ts';

type Contestant = {
  readonly name: 'kuraxx' | 'raw uWS publish' | 'ws + Redis' | 'socket.io + Redis';
  readonly pid: number;
  readonly swarm: Swarm;
  readonly layouts: readonly Layout[];
};

/** Of one contestant in one situation, per round. */
type Samples = { readonly perSecond: number[]; readonly perCpuSecond: number[]; missing: number; doubled: number };

const inFlights = [1, 16];

/** What should be reached, by room size, with 16 in flight: deliveries per second of the gateway's CPU over theirs. */
const goals: Record<number, Partial<Record<Contestant['name'], Comparison['goal']>>> = {
  1000: { 'raw uWS publish': { atLeast: 0.6 }, 'ws + Redis': { atLeast: 12 }, 'socket.io + Redis': { atLeast: 12 } },
  10: { 'ws + Redis': { atLeast: 6 }, 'socket.io + Redis': { atLeast: 6 } },
};

const joinAll = async (swarm: Swarm, layouts: readonly Layout[]): Promise<void> => {
  const sockets = Array.from({ length: swarm.size }, (_, index) => index);
  await inParallel(sockets, async (socket) => {
    const rooms = layouts.map(({ roomSize, rooms }) => rooms[Math.floor(socket / roomSize)] ?? '');
    await swarm.join(socket, rooms);
  });
};

const peer = async (
  name: Contestant['name'],
  process: PeerProcess,
  dialect: Dialect,
  layouts: readonly Layout[],
  size: number,
): Promise<Contestant> => {
  const swarm = await openSwarm(dialect, size);
  await joinAll(swarm, layouts);
  return { name, pid: process.pid, swarm, layouts };
};

/**
 * Deliveries through each server, in rooms of several sizes, one and sixteen messages in flight. Ours stores every message
 * before it is delivered; the others store nothing.
 */
export const measureFanOut = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const { sockets, roomSizes, rounds, seconds } = plan.fanOut;
  const members = chat.users.slice(0, sockets);
  const ourLayouts: Layout[] = [];
  const theirLayouts: Layout[] = [];
  for (const roomSize of roomSizes) {
    const groups = Array.from({ length: sockets / roomSize }, (_, room) =>
      members.slice(room * roomSize, (room + 1) * roomSize),
    );
    ourLayouts.push({ roomSize, rooms: await inParallel(groups, (group) => chat.openRoom(group)) });
    theirLayouts.push({ roomSize, rooms: groups.map((_, room) => `room-${roomSize}-${room}`) });
  }
  const redis = { REDIS_URL: chat.system.redisUrl };
  const peers = await Promise.all([
    startPeer('raw-uws', {}),
    startPeer('ws-redis', redis),
    startPeer('socket-io', redis),
  ]);
  const [uws, ws, io] = peers;
  const ourSwarm = await openSwarm(kuraxxDialect(chat.system.wsUrl, members), sockets);
  await joinAll(ourSwarm, ourLayouts);
  const contestants: Contestant[] = [
    { name: 'kuraxx', pid: chat.pid('gateway'), swarm: ourSwarm, layouts: ourLayouts },
    await peer('raw uWS publish', uws, plainDialect(uws.port), theirLayouts, sockets),
    await peer('ws + Redis', ws, plainDialect(ws.port), theirLayouts, sockets),
    await peer('socket.io + Redis', io, socketIoDialect(io.port), theirLayouts, sockets),
  ];
  const situations = roomSizes.flatMap((roomSize, layout) =>
    inFlights.map((inFlight) => ({ roomSize, layout, inFlight })),
  );
  const all = new Map<string, Samples>();
  const samplesOf = (situation: (typeof situations)[number], name: Contestant['name']): Samples => {
    const key = `${situation.roomSize} ${situation.inFlight} ${name}`;
    const samples = all.get(key) ?? { perSecond: [], perCpuSecond: [], missing: 0, doubled: 0 };
    all.set(key, samples);
    return samples;
  };

  for (let round = 0; round < rounds; round++) {
    for (const situation of situations) {
      plan.progress(
        `fan-out, round ${round + 1} of ${rounds}: rooms of ${situation.roomSize}, ${situation.inFlight} in flight`,
      );
      for (const { name, pid, swarm, layouts } of contestants) {
        const layout = layouts[situation.layout];
        if (layout === undefined) continue;
        let cpu = 0;
        await chat.quiet();
        const result = await runClosedLoop(
          swarm,
          layout,
          { inFlight: situation.inFlight, seconds },
          async () => {
            cpu = -(await cpuSeconds(pid));
          },
          async () => {
            cpu += await cpuSeconds(pid);
          },
        );
        const samples = samplesOf(situation, name);
        samples.perSecond.push(result.deliveries / result.seconds);
        samples.perCpuSecond.push(result.deliveries / Math.max(cpu, 0.01)); // the clock's step
        samples.missing += result.missing;
        samples.doubled += result.doubled;
      }
    }
  }
  for (const { swarm } of contestants) swarm.close();
  await Promise.all(peers.map((one) => one.stop()));

  const others = contestants.slice(1).map(({ name }) => name);
  return situations.flatMap((situation): Row[] => {
    const ours = samplesOf(situation, 'kuraxx');
    const situated = `rooms of ${situation.roomSize}, ${situation.inFlight} in flight`;
    const compare = (
      pick: (samples: Samples) => number,
      goalOf: (name: Contestant['name']) => Comparison['goal'],
    ): Comparison[] =>
      others.map((name) => {
        const goal = goalOf(name);
        return { what: name, value: pick(samplesOf(situation, name)), ...(goal === undefined ? {} : { goal }) };
      });
    const perCore = (samples: Samples): number => median(samples.perCpuSecond);
    const isGoal = situation.inFlight === 16;
    return [
      {
        figure: `deliveries per CPU second of the server, ${situated}`,
        ours: perCore(ours),
        unit: '/s',
        against: compare(perCore, (name) => (isGoal ? goals[situation.roomSize]?.[name] : undefined)),
        missing: ours.missing,
        doubled: ours.doubled,
      },
      {
        figure: `deliveries per second, ${situated}`,
        ours: median(ours.perSecond),
        unit: '/s',
        against: compare(
          (samples) => median(samples.perSecond),
          () => undefined,
        ),
      },
      {
        figure: `server CPU per delivery, ${situated}`,
        ours: 1e6 / perCore(ours),
        unit: 'µs',
        against: compare(
          (samples) => 1e6 / perCore(samples),
          (name) => (isGoal && situation.roomSize === 1000 && name === 'raw uWS publish' ? { atMost: 1.7 } : undefined),
        ),
      },
    ];
  });
};
