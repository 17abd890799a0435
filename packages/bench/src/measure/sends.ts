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

/**
 * Sends through one gateway: each is parsed, checked, stored and acknowledged by the delivery to its sender, who is alone in
 * the room, so that fan-out costs next to nothing. The floors store as many bytes without a gateway in between. Then the
 * latency of the same at half of that rate.
 */
export const measureSends = async (chat: Chat, plan: Plan): Promise<Row[]> => {
  const { sockets, inFlight, rounds, seconds } = plan.sends;
  const senders = await openSenders(chat, sockets);
  const floor = await openFloor(chat);
  const filled = await fillRoom(chat);
  const ours: number[] = [];
  const plain: number[] = [];
  const ownInbox: number[] = [];
  for (let round = 0; round < rounds; round++) {
    plan.progress(`durable sends, round ${round + 1} of ${rounds}`);
    ours.push(await rateOf(inFlight, seconds, senders.sendOne));
    plain.push(await rateOf(inFlight, seconds, floor.publish));
    ownInbox.push(await rateOf(inFlight, seconds, filled.append));
  }
  const half = median(ours) / 2;
  plan.progress(`latency at ${Math.round(half)} sends/s`);
  const latencies = await latenciesAt(half, plan.latencySeconds, senders.sendOne);
  const bare = await latenciesAt(half, plan.latencySeconds, floor.publish);
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
    {
      figure: `durable sends through one gateway, ${inFlight} in flight`,
      ours: median(ours),
      unit: '/s',
      against: [
        { what: 'js.publish in one process', value: median(plain), goal: { atLeast: 2 } },
        { what: 'own-inbox publisher without a gateway', value: median(ownInbox), goal: { atLeast: 0.5 } },
      ],
      ...senders.faults(),
    },
    latencyRow('p50', 0.5, 3),
    latencyRow('p99', 0.99, 5),
    latencyRow('p99.9', 0.999),
  ];
};
