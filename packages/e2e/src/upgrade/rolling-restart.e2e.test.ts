import { instanceName, type ServiceKind } from '@kuraxx/launcher';
import { eventually } from '@kuraxx/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createChatter, openTo, watch } from '../client.fixture.ts';
import { createPerson, expectStatus } from '../person.fixture.ts';
import { hearChannels } from '../redis.fixture.ts';
import { type System, startTestSystem } from '../system.fixture.ts';
import { type Backend, type Balancer, startBalancer } from './balancer.fixture.ts';
import { startLoad } from './load.fixture.ts';

const timeoutMs = 240_000;
const restartTimeoutMs = 60_000;

let system: System;
let api: Balancer;
let gateway: Balancer;

beforeAll(async () => {
  system = await startTestSystem({
    counts: { api: 2, gateway: 2, projector: 2, bridge: 2 },
    // Long enough for a balancer that asks ten times a second on a busy machine; at the api for every kept-alive connection as well: within
    // 5 s of silence its client lets go of it, and with a request it ends by the answer
    env: { KURAXX_STOP_DELAY: '1s', WS_DRAIN_TIMEOUT: '1s' },
    envOf: (name): Record<string, string> => (name.startsWith('api') ? { KURAXX_STOP_DELAY: '6s' } : {}),
  });
  const backends = (kind: ServiceKind, urls: readonly string[]): Backend[] =>
    urls.map((url, index) => {
      const name = instanceName(kind, index);
      return { name, url, operationsUrl: system.operations[name] ?? '' };
    });
  api = await startBalancer(backends('api', system.apiUrls));
  gateway = await startBalancer(backends('gateway', system.wsUrls));
}, timeoutMs);
afterAll(async () => {
  await Promise.all([api?.close(), gateway?.close()]);
  await system?.stop();
});

/** As an orchestrator does it: asks it to stop, waits until it has ended, and until the new one is ready. */
const restart = async (name: string): Promise<void> => {
  await system.kill(name, 'SIGTERM');
  const url = system.operations[name] ?? '';
  await eventually(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), {
    timeoutMs: restartTimeoutMs,
    intervalMs: 100,
  });
};

test('every process is restarted under load: no request fails, no message is lost or doubled, everybody is shown all', {
  timeout: timeoutMs,
}, async () => {
  const places = { apiUrl: `http://127.0.0.1:${api.port}`, wsUrl: `ws://127.0.0.1:${gateway.port}` };
  const ann = await createChatter(places, 'ann');
  const bob = await createChatter(places, 'bob');
  const roomId = await openTo(ann, bob);
  const person = await createPerson(places.apiUrl, 'carl');
  expectStatus(await person.api.rooms.join({ params: { id: roomId }, body: {} }), 200);
  const redis = await hearChannels(system.redisUrl);
  const [annSees, bobSees] = [await watch(ann.chat, roomId), await watch(bob.chat, roomId)];
  const load = startLoad(person, roomId, annSees);
  // before the others those that show what they write
  for (const kind of ['projector', 'bridge', 'gateway', 'api'] as const) {
    for (const index of [0, 1]) {
      await restart(instanceName(kind, index));
      if (kind === 'api' || kind === 'gateway') {
        const balancer = kind === 'api' ? api : gateway;
        await eventually(() => expect(balancer.ready()).toHaveLength(2), { timeoutMs: restartTimeoutMs });
      }
    }
  }
  await load.stop();
  process.stdout.write(
    `rolling restart: ${load.requests} requests, ${load.acknowledged.size} messages acknowledged, ${load.failures.length} failures\n`,
  );
  expect(load.failures).toEqual([]);
  expect(load.acknowledged.size).toBeGreaterThan(50);
  const all = [...load.acknowledged].toSorted();
  for (const watched of [annSees, bobSees]) {
    await eventually(() => expect(watched.contents().toSorted()).toEqual(all), { timeoutMs: 30_000 });
  }
  await eventually(
    () => {
      const heard = redis.heard.filter(({ channel }) => channel === 'messages:saved').map(({ text }) => text);
      expect(all.filter((content) => !heard.some((text) => text.includes(`"${content}"`)))).toEqual([]);
    },
    { timeoutMs: 30_000 },
  );
  redis.close();
  ann.chat.close();
  bob.chat.close();
});
