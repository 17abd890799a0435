import { createTcpProxy, type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection, PermissionViolationError } from 'nats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NotSetUp } from './errors.ts';
import { openEventLog } from './open-event-log.ts';

let server: FreshServer;
let nats: NatsConnection;
beforeAll(async () => {
  server = await freshNats();
  nats = await connect({ servers: server.url });
});
afterAll(async () => {
  await nats?.close();
  await server?.remove();
});

/** The connection of a user who may not ask for subjects with this in them. */
const forbidding = (forbidden: string): NatsConnection =>
  new Proxy(nats, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== 'request') return typeof value === 'function' ? value.bind(target) : value;
      const request: NatsConnection['request'] = async (subject, ...rest) => {
        if (subject.includes(forbidden))
          throw new PermissionViolationError('Permissions Violation', 'publish', subject);
        return target.request(subject, ...rest);
      };
      return request;
    },
  });
const openWithout = (forbidden: string) =>
  openEventLog({ nats: forbidding(forbidden), source: 'kuraxx/test', roomPartitions: 1 });

test('who may not make what is missing waits for somebody who may', async () => {
  await expect(openWithout('.STREAM.CREATE.')).rejects.toThrow(NotSetUp);
  await expect(openWithout('.STREAM.CREATE.KURAXX_')).rejects.toThrow(NotSetUp);
});

test.each(['STREAM.MSG.GET', 'STREAM.INFO.KURAXX_'])(
  'who may not read, by %s, is told so, and not to wait',
  async (subject) => {
    await (await openEventLog({ nats, source: 'kuraxx/test', roomPartitions: 1 })).close();
    const refusal = await openWithout(subject).catch((error: unknown) => error);
    expect(refusal).not.toBeInstanceOf(NotSetUp);
    expect(refusal).toSatisfy(
      (error) =>
        error instanceof PermissionViolationError ||
        (error instanceof Error && error.cause instanceof PermissionViolationError),
    );
  },
);

/** Sets up a log on a new server by two at once, one of them a little later than the other. */
const setUpAtOnce = async (): Promise<void> => {
  const fresh = await freshNats();
  const proxy = await createTcpProxy(fresh.url);
  const epochs = await Promise.all(
    [fresh.url, proxy.url].map(async (servers) => {
      const own = await connect({ servers, reconnect: false });
      const log = await openEventLog({ nats: own, source: 'kuraxx/test' });
      const epoch = log.epochOf('accounts');
      await log.close();
      await own.close();
      return epoch;
    }),
  );
  expect(new Set(epochs).size).toBe(1);
  await proxy.close();
  await fresh.remove();
};

test('two may set up a new log at once: it is one, and the server survives it', async () => {
  for (let round = 0; round < 40; round++) await setUpAtOnce();
});
