import { eventually, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, headers, type NatsConnection } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { watchConnection } from './connection.ts';
import { createPublisher, maxInFlight, Refused } from './publisher.ts';

let server: FreshServer;
let nats: NatsConnection;
let silent: NatsConnection;
beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url, inboxPrefix: '_INBOX_writer' });
  silent = await connect({ servers: server.url });
});
afterAll(async () => {
  await nats?.close();
  await silent?.close();
  await server?.remove();
});

test('acknowledgements come to the inboxes of the connection', async () => {
  const replies: (string | undefined)[] = [];
  silent.subscribe('heard', { callback: (_error, { reply }) => void replies.push(reply) });
  await silent.flush();
  const publisher = createPublisher(nats, watchConnection(nats));
  const published = publisher.publish('heard', new Uint8Array(), headers(), 60_000);
  published.catch(() => undefined); // nobody answers
  await eventually(() => expect(replies).toEqual([expect.stringMatching(/^_INBOX_writer\./)]));
  publisher.close();
});

test('more messages in flight than it takes are refused for good: nobody tries them again', async () => {
  silent.subscribe('unanswered', { callback: () => undefined });
  await silent.flush();
  const publisher = createPublisher(nats, watchConnection(nats));
  const publish = () => publisher.publish('unanswered', new Uint8Array(), headers(), 60_000);
  const underWay = Array.from({ length: maxInFlight }, publish);
  await expect(publish()).rejects.toThrow(Refused);
  publisher.close();
  for (const { status } of await Promise.allSettled(underWay)) expect(status).toBe('rejected');
});
