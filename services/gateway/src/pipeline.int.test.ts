import { randomUUID } from 'node:crypto';
import { createTcpProxy, eventually, testServers } from '@kuraxx/testing';
import { expect, test } from 'vitest';
import { type Person, startGateway, type TestGateway } from './gateway.fixture.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

const withSystem = async (
  natsUrl: string,
  run: (system: TestGateway, ann: Person, roomId: string) => Promise<void>,
): Promise<void> => {
  const system = await startGateway(natsUrl);
  try {
    const ann = await system.person('ann');
    await run(system, ann, await system.room(ann));
  } finally {
    await system.close();
  }
};

test('what a socket sends is stored in its order without waiting for each, look-ups in between', () =>
  withSystem(testServers().natsUrl, async (system, ann, roomId) => {
    const client = await system.signIn(ann, roomId);
    client.send('message:new', { roomId, content: 'first' });
    const { payload } = await client.next('message:saved');
    // Every tenth is a reply, every fourth has a tempId that says nothing of its age: both are looked up before they are stored.
    for (const content of numbers(40)) {
      const index = Number(content);
      const replyToId = index % 10 === 1 ? payload.message.id : undefined;
      const tempId = index % 4 === 0 ? `t-${content}` : undefined;
      client.send('message:new', { roomId, content, replyToId, tempId });
    }
    await client.next('message:saved', ({ payload: { message } }) => message.content === '39');
    const came = client.of('message:saved').map(({ payload: { message } }) => message.content);
    expect(came).toEqual(['first', ...numbers(40)]);
    client.close();
  }));

test('what a client has sent before it closes the socket is stored', async () => {
  const system = await startGateway(testServers().natsUrl, { limits: { maxSendsAtOnce: 1 } });
  try {
    const [ann, bob] = [await system.person('ann'), await system.person('bob')];
    const roomId = await system.room(ann, bob);
    const [hasty, quiet] = [await system.signIn(ann, roomId), await system.signIn(bob, roomId)];
    for (const content of numbers(50)) hasty.send('message:new', { roomId, content });
    hasty.close();
    await quiet.next('message:saved', ({ payload }) => payload.message.content === '49');
    expect(quiet.of('message:saved').map(({ payload }) => payload.message.content)).toEqual(numbers(50));
    quiet.close();
    await eventually(() => expect(system.gateway.load().followedRooms).toBe(0)); // neither holds the room any more
  } finally {
    await system.close();
  }
});

test('many are on their way to the log at once', async () => {
  const proxy = await createTcpProxy(testServers().natsUrl);
  await withSystem(proxy.url, async (system, ann, roomId) => {
    const client = await system.signIn(ann, roomId);
    let appends = 0;
    system.nats.publish = (
      (publish) =>
      (subject, ...rest) => {
        if (subject.endsWith('.msg')) {
          if (appends === 0) proxy.pause(); // nothing is acknowledged from here on
          appends++;
        }
        publish(subject, ...rest);
      }
    )(system.nats.publish.bind(system.nats));
    for (const content of numbers(100)) client.send('message:new', { roomId, content });
    await expect.poll(() => appends).toBeGreaterThan(10);
    proxy.resume();
    await client.next('message:saved', ({ payload }) => payload.message.content === '99');
    expect(client.of('message:saved').map(({ payload }) => payload.message.content)).toEqual(numbers(100));
    client.close();
  });
  await proxy.close();
});

test('when the connection to the log breaks, what was on its way is stored once each, in order, and nothing that was refused appears twice', async () => {
  const proxy = await createTcpProxy(testServers().natsUrl);
  await withSystem(proxy.url, async (system, ann, roomId) => {
    const client = await system.signIn(ann, roomId);
    const tempIds = numbers(200).map(() => randomUUID());
    const send = (tempId: string) => client.send('message:new', { roomId, content: tempId, tempId }, tempId);
    for (const [index, tempId] of tempIds.entries()) {
      send(tempId);
      if (index === 120) {
        await client.next('message:saved');
        proxy.cut();
      }
    }
    proxy.resume();
    const outcome = (tempId: string): 'saved' | 'refused' | undefined => {
      if (client.of('message:saved').some(({ payload }) => payload.tempId === tempId)) return 'saved';
      return client.of('error').some(({ requestId }) => requestId === tempId) ? 'refused' : undefined;
    };
    await expect.poll(() => tempIds.filter((tempId) => outcome(tempId) === undefined), { timeout: 15_000 }).toEqual([]);
    for (const tempId of tempIds) if (outcome(tempId) === 'refused') send(tempId); // as clients do
    await expect.poll(() => tempIds.filter((tempId) => outcome(tempId) !== 'saved'), { timeout: 15_000 }).toEqual([]);
    // What was refused and yet stored is answered when it is sent again, with its requestId.
    const came = client
      .of('message:saved')
      .flatMap(({ payload, requestId }) => (requestId === undefined ? [payload.tempId] : []));
    expect(new Set(came).size).toBe(came.length);
    expect(came.toSorted()).toEqual(tempIds.toSorted());
    client.close();
  });
  await proxy.close();
});
