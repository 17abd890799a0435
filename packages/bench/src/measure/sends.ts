import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { Chat } from '../chat.ts';
import type { Plan } from '../plan.ts';
import type { Row } from '../report.ts';
import { median, quantile } from '../statistics.ts';
import { openSenders } from './numbered-sends.ts';
import { latenciesAt, rateOf } from './rate.ts';
import { fillRoom, messageBytes } from './stored-message.ts';

/** A stream that republishes, as the log's do. @returns the library's own publish to it, and how to remove it */
const openFloor = async ({ nats }: Chat) => {
  const name = `FLOOR_${randomUUID().slice(0, 8)}`;
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name, subjects: [`${name}.in`], republish: { src: '>', dest: `${name}.out.>` } });
  const js = jetstream(nats);
  const bytes = messageBytes();
  return {
    publish: () => js.publish(`${name}.in`, bytes, { msgID: randomUUID() }),
    remove: () => manager.streams.delete(name),
  };
};

const twiceSoonMs = 200;

/** Those that do nothing for a send to be acknowledged, and take their share of the cores while it is measured. */
const onlookers = ['projector', 'bridge'];

const withoutOnlookers = async <T>(chat: Chat, work: () => Promise<T>): Promise<T> => {
  const pids = onlookers.map((name) => chat.pid(name));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
};

type Rates = { readonly ours: number[]; readonly plain: number[]; readonly ownInbox: number[] };

const rateRow = (figure: string, { ours, plain, ownInbox }: Rates): Row => ({
  figure,
  ours: median(ours),
  unit: '/s',
  against: [
    { what: 'js.publish in one process', value: median(plain), goal: { atLeast: 2 } },
    { what: 'own-inbox publisher without a gateway', value: median(ownInbox), goal: { atLeast: 0.5 } },
  ],
});

/**
 * Sends through one gateway: each is parsed, checked, stored and acknowledged by the delivery to its sender, who is alone in
 * the room, so that fan-out costs next to nothing. The floors store as many bytes without a gateway in between. Then the
 * latency of the same at half of that rate, and all rates once more without the processes that only look on.
 */
export const measureSends = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const { sockets, inFlight, rounds, seconds } = plan.sends;
  const senders = await openSenders(chat, sockets);
  const floor = await openFloor(chat);
  const filled = await fillRoom(chat);
  const runRounds = async (what: string): Promise<Rates> => {
    const rates: Rates = { ours: [], plain: [], ownInbox: [] };
    const rate = async (work: () => Promise<unknown>): Promise<number> => {
      await chat.quiet();
      return rateOf(inFlight, seconds, work);
    };
    for (let round = 0; round < rounds; round++) {
      plan.progress(`${what}, round ${round + 1} of ${rounds}`);
      rates.ours.push(await rate(senders.sendOne));
      rates.plain.push(await rate(floor.publish));
      rates.ownInbox.push(await rate(filled.append));
    }
    return rates;
  };
  const rates = await runRounds('durable sends');
  const half = median(rates.ours) / 2;
  plan.progress(`latency at ${Math.round(half)} sends/s`);
  await chat.quiet();
  const latencies = await latenciesAt(half, plan.latencySeconds, senders.sendOne);
  await chat.quiet();
  const bare = await latenciesAt(half, plan.latencySeconds, floor.publish);
  const alone = await withoutOnlookers(chat, () => runRounds('durable sends without projector and bridge'));
  await delay(twiceSoonMs);
  senders.close();
  await floor.remove();
  const latencyRow = (name: string, share: number, goal?: number): Row => ({
    figure: `send → receive ${name} at ${Math.round(half)} sends/s`,
    ours: quantile(latencies, share),
    unit: 'ms',
    against: [
      {
        what: 'bare JetStream acknowledgement',
        value: quantile(bare, share),
        ...(goal === undefined ? {} : { goal: { atMost: goal } }),
      },
    ],
  });
  return [
    { ...rateRow(`durable sends through one gateway, ${inFlight} in flight`, rates), ...senders.faults() },
    rateRow('the same while projector and bridge stand still', alone),
    latencyRow('p50', 0.5, 3),
    latencyRow('p99', 0.99, 5),
    latencyRow('p99.9', 0.999),
  ];
};
