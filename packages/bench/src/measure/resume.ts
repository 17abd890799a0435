import { setTimeout as delay } from 'node:timers/promises';
import { formatPosition } from '@kuraxx/event-store';
import type { Chat } from '../chat.ts';
import { kuraxxDialect } from '../load/dialects.ts';
import { openSwarm } from '../load/swarm.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { fillRoom } from './stored-message.ts';

const atOnce = 500;
const resumeTimeoutMs = 60_000;
/** New messages keep arriving, one after the other, so far apart. */
const meanwhileMs = 5;

/**
 * How long a client waits for the messages that it has missed, from its request to the last of them, while new ones keep arriving. Each is numbered:
 * one that comes out of turn counts as lost or doubled.
 */
export const measureResume = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const missed = plan.resumeMessages;
  plan.progress(`resume of ${missed} messages`);
  const filled = await fillRoom(chat);
  const { position } = await filled.append();
  let sent = 0;
  // In order of their numbers: appends are queued in the order of the calls.
  while (sent < missed) {
    const batch = Math.min(atOnce, missed - sent);
    await Promise.all(Array.from({ length: batch }, () => filled.append(++sent)));
  }
  let next = 1;
  let skipped = 0;
  let doubled = 0;
  const all = Promise.withResolvers<void>();
  const deliver = (_socket: number, number: number): void => {
    if (number < next) doubled += 1;
    else {
      skipped += number - next;
      next = number + 1;
    }
    if (next > missed) all.resolve();
  };
  const swarm = await openSwarm(kuraxxDialect(chat.system.wsUrl, [filled.owner]), 1, { deliver });
  let isOver = false;
  const meanwhile = (async () => {
    while (!isOver) {
      await filled.append(++sent);
      await delay(meanwhileMs);
    }
  })();
  const begun = performance.now();
  await swarm.join(0, [filled.roomId], formatPosition(position));
  await Promise.race([all.promise, delay(resumeTimeoutMs)]);
  const ms = performance.now() - begun;
  isOver = true;
  await meanwhile;
  await delay(500); // what comes twice comes soon
  swarm.close();
  const missing = skipped + Math.max(0, sent + 1 - next);
  const figure = `resume of ${missed} missed messages in a room, while new ones arrive`;
  return [
    { figure, ours: ms, unit: 'ms', against: [], missing, doubled },
    { figure: '  of which new ones came meanwhile and after', ours: sent - missed, unit: 'messages', against: [] },
  ];
};
