import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { DeliverPolicy, type JetStreamClient, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type Msg, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Unavailable } from './errors.ts';
import { type Delivery, openPull, parseDelivery } from './pull.ts';

let server: FreshServer;
let nats: NatsConnection;
let client: JetStreamClient;
beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url });
  client = jetstream(nats);
});
afterAll(async () => {
  await nats?.close();
  await server?.remove();
});

type Came = { readonly subject: string; readonly text: string } & Delivery;

const noted = (came: Came[]) => (message: Msg, delivery: Delivery) =>
  void came.push({ subject: message.subject, text: message.string(), ...delivery });

const openConsumer = async (stream: string) => {
  const opened = await client.consumers.get(stream, {
    filter_subjects: `${stream}.*`,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: 1,
  });
  return { opened, consumer: { stream, name: (await opened.info(true)).name } };
};

/** A stream with so many messages, and a consumer of all of them. */
const filled = async (messages: number) => {
  const stream = `s${randomUUID().slice(0, 8)}`;
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: stream, subjects: [`${stream}.*`] });
  for (let number = 1; number <= messages; number++) await client.publish(`${stream}.${number % 2}`, `${number}`);
  return { stream, manager, ...(await openConsumer(stream)) };
};

test('batches come whole and in order, and say what the library says of them; what is missing is waited for', async () => {
  const { stream, consumer } = await filled(7);
  const came: Came[] = [];
  const pull = openPull(nats, consumer, noted(came), 2000);
  await pull.next(3);
  expect(came.map(({ text }) => text)).toEqual(['1', '2', '3']);
  await pull.next(3);
  const last = pull.next(3);
  await eventually(() => expect(came).toHaveLength(7));
  await client.publish(`${stream}.0`, '8');
  await client.publish(`${stream}.1`, '9');
  await last;
  const begun = performance.now();
  await pull.next(3); // nothing comes
  expect(performance.now() - begun).toBeGreaterThan(1_000);
  pull.close();

  const theirs: Came[] = [];
  const { opened } = await openConsumer(stream);
  for await (const message of await opened.fetch({ max_messages: 9 })) {
    const { seq: sequence, time, info, subject } = message;
    theirs.push({
      subject,
      text: message.string(),
      sequence,
      number: info.deliverySequence,
      storedAtMs: time.getTime(),
    });
  }
  expect(came).toEqual(theirs);
});

test('closed in the middle it ends what is waited for, and tells nothing more', async () => {
  const { stream, consumer } = await filled(1);
  const came: Came[] = [];
  const pull = openPull(nats, consumer, noted(came));
  const waited = pull.next(2);
  await eventually(() => expect(came).toHaveLength(1));
  pull.close();
  await waited;
  await pull.next(2); // is over at once
  const other: Came[] = [];
  const { consumer: another } = await openConsumer(stream);
  const listening = openPull(nats, another, noted(other));
  await client.publish(`${stream}.0`, 'late');
  await listening.next(2);
  listening.close();
  expect(other).toHaveLength(2);
  expect(came).toHaveLength(1);
});

test('what can not be taken ends it, and not the connection', async () => {
  const { consumer } = await filled(3);
  const pull = openPull(nats, consumer, () => {
    throw new Error('not like this');
  });
  await expect(pull.next(3)).rejects.toThrow(/message 1 of the consumer could not be taken: Error: not like this/);
  pull.close();
  await nats.flush();
});

test('a message that was lost on the way ends it, and nothing behind it is told', async () => {
  const { consumer } = await filled(5);
  const came: Came[] = [];
  let count = 0;
  const lossy: Pick<NatsConnection, 'publish' | 'subscribe'> = {
    publish: (...message) => nats.publish(...message),
    subscribe: (subject, options) =>
      nats.subscribe(subject, {
        callback: (error, message) => {
          count += 1;
          if (count !== 3) void options?.callback?.(error, message);
        },
      }),
  };
  const pull = openPull(lossy, consumer, noted(came));
  await expect(pull.next(5)).rejects.toThrow(/message 3 of the consumer was lost/);
  await expect(pull.next(5)).rejects.toThrow(Unavailable);
  expect(came.map(({ text }) => text)).toEqual(['1', '2']);
  pull.close();
});

test('a server that gives a batch up without a word is not noticed: the next one was asked for before', async () => {
  const { stream, consumer } = await filled(0);
  const came: Came[] = [];
  const mute: Pick<NatsConnection, 'publish' | 'subscribe'> = {
    publish: (...message) => nats.publish(...message),
    subscribe: (subject, options) =>
      nats.subscribe(subject, {
        callback: (error, message) => {
          if (message.headers?.code !== 408) void options?.callback?.(error, message);
        },
      }),
  };
  const pull = openPull(mute, consumer, noted(came), 2000);
  const reading = (async () => {
    while (came.length < 40) await pull.next(100);
  })();
  for (let number = 1; number <= 40; number++) {
    await client.publish(`${stream}.0`, `${number}`);
    await eventually(() => expect(came).toHaveLength(number));
    await delay(150); // 6 s in all
  }
  pull.close();
  await reading;
  expect(came.map(({ text }) => Number(text))).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
});

test('a consumer that is taken away, and one that says nothing, end it', async () => {
  const { manager, consumer } = await filled(0);
  const rejected = async (reason: RegExp) => {
    const pull = openPull(nats, consumer, noted([]));
    await expect(pull.next(1)).rejects.toThrow(reason);
    pull.close();
  };
  const deleted = rejected(/Consumer Deleted/);
  await eventually(async () =>
    expect((await manager.consumers.info(consumer.stream, consumer.name)).num_waiting).toBe(1),
  );
  await manager.consumers.delete(consumer.stream, consumer.name);
  await deleted;
  await rejected(/fell silent/);
});

test.each([
  [
    'of servers so far',
    '$JS.ACK.S.c.1.42.7.1700000000123456789.0',
    { sequence: 42, number: 7, storedAtMs: 1700000000123 },
  ],
  [
    'of newer ones',
    '$JS.ACK.hub.ACCOUNT.S.c.1.42.7.1700000000123456789.0.x',
    { sequence: 42, number: 7, storedAtMs: 1700000000123 },
  ],
  ['of something else', '_INBOX.abc.1', undefined],
  ['none', '', undefined],
])('a reply subject %s', (_what, reply, delivery) => {
  expect(parseDelivery(reply)).toEqual(delivery);
});
