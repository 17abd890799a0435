import { setTimeout as delay } from 'node:timers/promises';
import { closeCodes } from '@kuraxx/contracts';
import { formatPosition } from '@kuraxx/event-store';
import { type Chat, inParallel } from '../chat.ts';
import { kuraxxDialect } from '../load/dialects.ts';
import { openSwarm } from '../load/swarm.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { median } from '../statistics.ts';
import { openConnections, residentBytes } from '../usage.ts';
import { fillRoom } from './stored-message.ts';

/** The longest content that there is, so that few messages fill what the kernel takes. */
const contentBytes = 5_000;
const waveSize = 20;
const mostWaves = 150;
const resumeTimeoutMs = 60_000;
const mebibyte = 1024 * 1024;

/**
 * Many readers of a busy room stop reading at once. What that costs the gateway in memory, and another reader of the room in time; how they are
 * closed; and whether those who come back have everything.
 */
export const measureStoppedReaders = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const count = plan.stoppedReaders;
  plan.progress(`${count} readers that stop reading`);
  const filled = await fillRoom(chat, chat.users);
  const since = formatPosition((await filled.append()).position);
  const dialect = kuraxxDialect(chat.system.wsUrl, chat.users);
  const pid = chat.pid('gateway');
  let number = 0;

  let arrived = 0;
  let [missing, doubled] = [0, 0];
  let onArrival = (): void => undefined;
  const reader = await openSwarm(dialect, 1, {
    deliver: (_socket, got) => {
      missing += Math.max(0, got - arrived - 1);
      doubled += got <= arrived ? 1 : 0;
      arrived = Math.max(arrived, got);
      onArrival();
    },
  });
  await reader.join(0, [filled.roomId], since);
  /** @returns how long the reader waited for the last one */
  const wave = async (): Promise<number> => {
    const last = number + waveSize;
    const begun = performance.now();
    const heard = new Promise<void>((resolve) => {
      onArrival = () => {
        if (arrived >= last) resolve();
      };
    });
    await Promise.all(Array.from({ length: waveSize }, () => filled.append(++number, contentBytes)));
    await Promise.race([heard, delay(resumeTimeoutMs)]);
    return performance.now() - begun;
  };
  const waves = async (howMany: number): Promise<number[]> => {
    const taken: number[] = [];
    for (let one = 0; one < howMany; one++) taken.push(await wave());
    return taken;
  };

  await waves(5); // what is made once is made
  const crowd = await openSwarm(dialect, count);
  const everySocket = Array.from({ length: count }, (_, index) => index);
  await inParallel(everySocket, (socket) => crowd.join(socket, [filled.roomId]));
  await delay(plan.waits.settleMs);
  const before = await residentBytes(pid);
  const port = Number(new URL(chat.system.wsUrl).port);
  crowd.pause();
  let highest = before;
  const during: number[] = [];
  // Who doesn't read doesn't hear either that it was closed: the server's side is looked at
  for (let one = 0; one < mostWaves && (await openConnections(port)) > 1; one++) {
    during.push(await wave());
    highest = Math.max(highest, await residentBytes(pid));
  }
  const wavesWith = during.length;
  crowd.readOn();
  for (let waitedMs = 0; crowd.lost() < count && waitedMs < resumeTimeoutMs; waitedMs += 100) await delay(100);
  const told = crowd.closedWith(closeCodes.slowReader);
  const closed = crowd.lost();
  crowd.close();
  await delay(plan.waits.settleMs);
  const alone = await waves(Math.min(20, wavesWith));

  plan.progress('… and come back');
  const got = new Map<number, number>();
  const back = await openSwarm(dialect, 20, {
    deliver: (socket, which) => {
      const last = got.get(socket) ?? 0;
      missing += Math.max(0, which - last - 1);
      doubled += which <= last ? 1 : 0;
      got.set(socket, which);
    },
  });
  await inParallel([...Array(20).keys()], (socket) => back.join(socket, [filled.roomId], since));
  for (let waitedMs = 0; waitedMs < resumeTimeoutMs; waitedMs += 100) {
    if ([...got.values()].filter((last) => last === number).length === 20) break;
    await delay(100);
  }
  for (const last of got.values()) missing += number - last;
  missing += (20 - got.size) * number;
  back.close();
  reader.close();
  return [
    {
      figure: `${count} readers stop: the gateway's memory grows by at most`,
      ours: (highest - before) / mebibyte,
      unit: 'MiB',
      against: [],
      missing,
      doubled,
    },
    { figure: '  closed, in all', ours: closed, unit: 'sockets', against: [] },
    { figure: '  closed with 4100 (the others without a code)', ours: told, unit: 'sockets', against: [] },
    {
      figure: `  another reader waits for ${waveSize} messages of ${contentBytes} bytes`,
      ours: median(during),
      unit: 'ms',
      against: [{ what: 'without them', value: median(alone) }],
    },
  ];
};
