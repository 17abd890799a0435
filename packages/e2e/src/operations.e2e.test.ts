import { afterAll, beforeAll, expect, test } from 'vitest';
import { type System, startTestSystem } from './system.fixture.ts';

let system: System;
beforeAll(async () => {
  system = await startTestSystem();
}, 120_000);
afterAll(() => system.stop());

test('every service is alive, ready, and shows metrics for Prometheus', async () => {
  expect(Object.keys(system.operations).toSorted()).toEqual(['api', 'bridge', 'gateway', 'projector']);
  for (const [name, url] of Object.entries(system.operations)) {
    for (const path of ['/livez', '/readyz', '/metrics']) {
      const response = await fetch(url + path);
      expect([name, path, response.status]).toEqual([name, path, 200]);
      expect(await response.text()).not.toBe('');
    }
  }
});
