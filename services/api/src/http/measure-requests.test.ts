import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { startApp } from './app.fixture.ts';
import { measureRequests } from './measure-requests.ts';

test('requests are counted by route and status, whichever ids are in their paths', async () => {
  const registry = new Registry();
  const app = await startApp({ measure: measureRequests(registry) });
  const ids = ['7d0c8f6e-2b1a-4c3d-9e5f-0a1b2c3d4e5f', '7d0c8f6e-2b1a-4c3d-9e5f-0a1b2c3d4e50'];
  for (const id of ids) await app.send('GET', `/rooms/${id}`);
  await app.send('GET', `/api/rooms/${ids[0]}`);
  await app.send('GET', '/nowhere');
  await app.close();
  const text = await registry.metrics();
  expect(text).toContain('kuraxx_http_request_seconds_count{method="GET",route="/rooms/:id",status="200"} 3');
  expect(text).toContain('kuraxx_http_request_seconds_count{method="GET",route="none",status="404"} 1');
});
