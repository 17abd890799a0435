import { setTimeout as delay } from 'node:timers/promises';
import { formatPosition } from '@kuraxx/event-store';
import type { Chat } from '../chat.ts';
import { type Dialect, kuraxxDialect } from '../load/dialects.ts';
import { openSwarm } from '../load/swarm.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { openTransactionCount, type TransactionCount } from '../transactions.ts';
import { fillRoom } from './stored-message.ts';

const retryMs = 50;
/** Of 5,000 connections in one moment a system may reset some: every client tries again. */
const connectionTries = 5;
const missedMessages = 20;
const deliveredWithinMs = 10_000;

/** Signs in and resumes the room: what a client does that comes back. Unlike `room:join` the others in the room are not told of it, 5,000 times. */
const comingBack = (dialect: Dialect, roomId: string, since: string): Dialect => {
  const frame = { type: 'resume', payload: { rooms: { [roomId]: since } }, timestamp: 0 };
  const resume = { say: JSON.stringify(frame), until: `"joined":["${roomId}"]` };
  return { ...dialect, enter: (socket) => [...dialect.enter(socket), resume] };
};

const isAnswering = (healthUrl: string): Promise<boolean> =>
  fetch(healthUrl).then(
    (answer) => answer.ok,
    () => false,
  );

const storm = async (chat: Chat, plan: Plan, transactions: TransactionCount): Promise<Row[]> => {
  const count = plan.stormSockets;
  plan.progress(`reconnect storm of ${count} sockets`);
  const filled = await fillRoom(chat, chat.users);
  const since = formatPosition((await filled.append()).position);
  const dialect = kuraxxDialect(chat.system.wsUrl, chat.users);
  const first = await openSwarm(comingBack(dialect, filled.roomId, since), count);
  const idle = await transactions.during(() => delay(plan.waits.idleMs));
  const got: number[] = Array.from({ length: count }, () => 0);
  let [answeringMs, readyMs] = [0, 0];
  const meanwhile = await transactions.during(async () => {
    await chat.system.kill('gateway');
    const killedAt = performance.now();
    first.close();
    for (let number = 1; number <= missedMessages; number++) await filled.append(number);
    const healthUrl = chat.system.wsUrl.replace('ws:', 'http:').concat('/health');
    // A client that is refused tries again; what counts is from the first moment at which a gateway answers
    while (!(await isAnswering(healthUrl))) await delay(retryMs);
    const answeringAt = performance.now();
    const second = await openSwarm(comingBack(dialect, filled.roomId, since), count, {
      atOnce: count,
      tries: connectionTries,
      deliver: (socket) => {
        got[socket] = (got[socket] ?? 0) + 1;
      },
    });
    readyMs = performance.now() - answeringAt;
    answeringMs = answeringAt - killedAt;
    const isDone = (): boolean => got.every((one) => one >= missedMessages);
    for (let waitedMs = 0; !isDone() && waitedMs < deliveredWithinMs; waitedMs += retryMs) await delay(retryMs);
    second.close();
  });
  const perSocket = (surplus: (one: number) => number): number =>
    got.reduce((sum, one) => sum + Math.max(0, surplus(one)), 0);
  const missing = perSocket((one) => missedMessages - one);
  const doubled = perSocket((one) => one - missedMessages);
  const background = (idle.transactions / idle.seconds) * meanwhile.seconds;
  return [
    { figure: 'gateway killed until it answers again', ours: answeringMs, unit: 'ms', against: [] },
    {
      figure: `then until ${count} sockets are signed in and in their room, with ${missedMessages} missed messages each`,
      ours: readyMs,
      unit: 'ms',
      against: [{ what: 'goal of 15 s', value: 15_000, goal: { atMost: 1 } }],
      missing,
      doubled,
    },
    {
      figure: `database transactions from the kill on, in ${Math.round(meanwhile.seconds)} s, all processes`,
      ours: meanwhile.transactions,
      unit: 'transactions',
      against: [{ what: 'the same time idle', value: Math.max(1, background) }],
    },
  ];
};

/**
 * The gateway is killed with -9, messages go on being stored, and when it answers again every socket comes back in the same moment. Until the last
 * one has joined its room again, with all that it missed.
 */
export const measureStorm = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const transactions = await openTransactionCount(chat.system.databaseUrl, plan.waits.statisticsMs);
  try {
    return await storm(chat, plan, transactions);
  } finally {
    await transactions.close();
  }
};
