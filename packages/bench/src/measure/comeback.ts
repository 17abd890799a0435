import { setTimeout as delay } from 'node:timers/promises';
import { type Chat, inParallel } from '../chat.ts';
import { kuraxxDialect } from '../load/dialects.ts';
import { openSwarm } from '../load/swarm.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { fillRoom } from './stored-message.ts';

const atOnce = 500;
const resumeTimeoutMs = 60_000;
const retryMs = 50;

/** How long a client waits for the messages that it has missed, from its request to the last of them. */
export const measureResume = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const missed = plan.resumeMessages;
  plan.progress(`resume of ${missed} messages`);
  const filled = await fillRoom(chat);
  const { position } = await filled.append();
  const since = `${position.epoch}.${position.partition}.${position.sequence}`;
  for (let sent = 0; sent < missed; sent += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, missed - sent) }, filled.append));
  }
  const swarm = await openSwarm(kuraxxDialect(chat.system.wsUrl, [filled.owner]), 1);
  let got = 0;
  const all = Promise.withResolvers<void>();
  swarm.onDelivery(() => {
    got += 1;
    if (got === missed) all.resolve();
  });
  const begun = performance.now();
  await swarm.join(0, [filled.roomId], since);
  await Promise.race([all.promise, delay(resumeTimeoutMs)]);
  const ms = performance.now() - begun;
  await delay(200); // what comes twice comes soon
  swarm.close();
  return [
    {
      figure: `resume of ${missed} missed messages in a room`,
      ours: ms,
      unit: 'ms',
      against: [],
      missing: Math.max(0, missed - got),
      doubled: Math.max(0, got - missed),
    },
  ];
};

/** The gateway is killed; every socket comes back at once. Until the last one has joined its room again. */
export const measureStorm = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const count = plan.stormSockets;
  const room = await chat.openRoom(chat.users);
  const dialect = kuraxxDialect(chat.system.wsUrl, chat.users);
  const sockets = Array.from({ length: count }, (_, index) => index);
  const connect = async () => {
    const swarm = await openSwarm(dialect, count);
    await inParallel(sockets, (socket) => swarm.join(socket, [room]));
    return swarm;
  };
  plan.progress(`reconnect storm of ${count} sockets`);
  const first = await connect();
  await chat.system.kill('gateway');
  const killed = performance.now();
  first.close();
  // A client that is refused tries again; what counts is from the first moment at which a gateway answers
  const health = chat.system.wsUrl.replace('ws:', 'http:').concat('/health');
  while (
    !(await fetch(health).then(
      (answer) => answer.ok,
      () => false,
    ))
  )
    await delay(retryMs);
  const answering = performance.now();
  const second = await connect();
  const ready = performance.now();
  second.close();
  return [
    { figure: `gateway killed until it answers again`, ours: answering - killed, unit: 'ms', against: [] },
    {
      figure: `then until ${count} sockets are signed in and in their room`,
      ours: ready - answering,
      unit: 'ms',
      against: [],
    },
  ];
};
