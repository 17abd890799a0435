import { setTimeout as delay } from 'node:timers/promises';
import { type Chat, inParallel } from '../chat.ts';
import { type Dialect, kuraxxDialect, plainDialect } from '../load/dialects.ts';
import { openSwarm } from '../load/swarm.ts';
import { startPeer } from '../peers/peer-process.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { residentBytes } from '../usage.ts';

/** Sockets a room. */
const roomSize = 1000;

/** @returns resident bytes that each socket costs, idle in one room */
const bytesPerSocket = async (
  pid: number,
  dialect: Dialect,
  rooms: readonly string[],
  count: number,
  settleMs: number,
): Promise<number> => {
  const warm = await openSwarm(dialect, Math.ceil(count / 10)); // code and pools are there before it is counted
  warm.close();
  await delay(settleMs);
  const before = await residentBytes(pid);
  const swarm = await openSwarm(dialect, count);
  const sockets = Array.from({ length: count }, (_, index) => index);
  await inParallel(sockets, (socket) => swarm.join(socket, [rooms[socket % rooms.length] ?? '']));
  await delay(settleMs);
  const after = await residentBytes(pid);
  swarm.close();
  await delay(settleMs);
  return (after - before) / count;
};

/** Memory of an idle socket that is signed in and in one room. */
export const measureMemory = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const count = plan.memorySockets;
  const { settleMs } = plan.waits;
  const roomCount = Math.ceil(count / roomSize);
  const share = Math.ceil(chat.users.length / roomCount);
  const groups = Array.from({ length: roomCount }, (_, index) => chat.users.slice(index * share, (index + 1) * share));
  const rooms = await inParallel(groups, (group) => chat.openRoom(group));
  const inRoomOrder = Array.from({ length: chat.users.length }, (_, index) => {
    const group = groups[index % roomCount];
    return group?.[Math.floor(index / roomCount)];
  }).filter((user) => user !== undefined);
  plan.progress(`memory of ${count} idle sockets`);
  const ours = await bytesPerSocket(
    chat.pid('gateway'),
    kuraxxDialect(chat.system.wsUrl, inRoomOrder),
    rooms,
    count,
    settleMs,
  );
  const uws = await startPeer('raw-uws', {});
  const floor = await bytesPerSocket(uws.pid, plainDialect(uws.port), rooms, count, settleMs);
  await uws.stop();
  const ws = await startPeer('ws-bare', {});
  const peer = await bytesPerSocket(ws.pid, plainDialect(ws.port), rooms, count, settleMs);
  await ws.stop();
  return [
    {
      figure: `memory per idle socket in one room, ${count} sockets`,
      ours,
      unit: 'bytes',
      against: [
        { what: 'raw uWS', value: floor, goal: { atMost: 2.5 } },
        { what: 'ws', value: peer, goal: { atMost: 1 } },
      ],
    },
  ];
};
