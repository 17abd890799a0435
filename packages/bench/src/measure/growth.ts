import { type Chat, inParallel } from '../chat.ts';
import { runClosedLoop } from '../load/closed-loop.ts';
import { kuraxxDialect } from '../load/dialects.ts';
import { openSwarm } from '../load/swarm.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { median } from '../statistics.ts';
import { cpuSeconds } from '../usage.ts';
import { fillRoom } from './stored-message.ts';

const roomSize = 10;
const rounds = 3;
const atOnce = 500;

/** CPU of the gateway for each delivery in rooms of ten, with many rooms joined but the same traffic, and with a longer log. */
export const measureGrowth = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const members = chat.users;
  const active = members.length / roomSize;
  const groups = Array.from({ length: active }, (_, room) => members.slice(room * roomSize, (room + 1) * roomSize));
  const openRooms = (count: number) =>
    inParallel(
      Array.from({ length: count }, (_, index) => groups[index % active] ?? []),
      (group) => chat.openRoom(group),
    );
  const swarm = await openSwarm(kuraxxDialect(chat.system.wsUrl, members), members.length);
  const joined: string[] = [];
  const joinUpTo = async (count: number): Promise<void> => {
    const more = await openRooms(count - joined.length);
    const from = joined.length;
    joined.push(...more);
    await inParallel(members, (_, socket) => {
      const own = more.filter((_room, index) => (from + index) % active === Math.floor(socket / roomSize));
      return swarm.join(socket, own);
    });
  };
  let missing = 0;
  let doubled = 0;
  const microsecondsPerDelivery = async (): Promise<number> => {
    const samples: number[] = [];
    for (let round = 0; round < rounds; round++) {
      let cpu = 0;
      const gateway = chat.pid('gateway');
      await chat.quiet();
      const result = await runClosedLoop(
        swarm,
        { roomSize, rooms: joined.slice(0, active) },
        { inFlight: 1, seconds: plan.fanOut.seconds },
        async () => {
          cpu = -(await cpuSeconds(gateway));
        },
        async () => {
          cpu += await cpuSeconds(gateway);
        },
      );
      samples.push((cpu * 1e6) / result.deliveries);
      missing += result.missing;
      doubled += result.doubled;
    }
    return median(samples);
  };
  const fill = async (messages: number): Promise<void> => {
    const filled = await fillRoom(chat);
    for (let sent = 0; sent < messages; sent += atOnce) {
      await Promise.all(Array.from({ length: Math.min(atOnce, messages - sent) }, filled.append));
    }
  };

  const [fewRooms, manyRooms] = plan.growth.rooms;
  const [shortLog, longLog] = plan.growth.messages;
  await joinUpTo(Math.max(active, fewRooms));
  await fill(shortLog);
  plan.progress(`cost per delivery with ${joined.length} rooms and ${shortLog} messages`);
  const base = await microsecondsPerDelivery();
  plan.progress(`the same with ${manyRooms} rooms`);
  await joinUpTo(manyRooms);
  const withRooms = await microsecondsPerDelivery();
  plan.progress(`the same with ${longLog} messages in the log`);
  await fill(longLog - shortLog);
  const withMessages = await microsecondsPerDelivery();
  swarm.close();
  const flat = { atMost: 1.2 };
  return [
    {
      figure: `gateway CPU per delivery, ${manyRooms} rooms followed`,
      ours: withRooms,
      unit: 'µs',
      against: [{ what: `with ${Math.max(active, fewRooms)} rooms`, value: base, goal: flat }],
      missing,
      doubled,
    },
    {
      figure: `gateway CPU per delivery, ${longLog} messages in the log as well`,
      ours: withMessages,
      unit: 'µs',
      against: [{ what: `with ${shortLog} messages`, value: withRooms, goal: flat }],
    },
  ];
};
