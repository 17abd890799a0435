import { type FreshServer, freshNats } from '@kuraxx/testing';
import { connect, type NatsConnection, PermissionViolationError, TimeoutError } from 'nats';
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

/** The connection, on which requests to some subjects fail. */
const failing = (errorOf: (subject: string) => Error | undefined, connection = nats): NatsConnection =>
  new Proxy(connection, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (key !== 'request') return typeof value === 'function' ? value.bind(target) : value;
      const request: NatsConnection['request'] = async (subject, ...rest) => {
        const error = errorOf(subject);
        if (error !== undefined) throw error;
        return target.request(subject, ...rest);
      };
      return request;
    },
  });
/** The connection of a user who may not ask for subjects with this in them. */
const forbidding = (forbidden: string): NatsConnection =>
  failing((subject) =>
    subject.includes(forbidden) ? new PermissionViolationError('Permissions Violation', 'publish', subject) : undefined,
  );
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

test('what was made and not answered for is made once more', async () => {
  const fresh = await freshNats();
  const own = await connect({ servers: fresh.url });
  const unanswered = new Set<string>();
  const flaky = failing((subject) => {
    if (!subject.includes('.STREAM.CREATE.') || unanswered.has(subject)) return undefined;
    unanswered.add(subject);
    return new TimeoutError();
  }, own);
  const log = await openEventLog({ nats: flaky, source: 'kuraxx/test', roomPartitions: 1 });
  expect(unanswered.size).toBe(3); // the log's bucket, accounts, one partition
  await log.close();
  await own.close();
  await fresh.remove();
});
