import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp } from '../http/app.fixture.ts';
import { openApiDocument } from './openapi.ts';

let app: Awaited<ReturnType<typeof startApp>>;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

test('every documented operation is served, at / and under /api', async () => {
  const missing: string[] = [];
  for (const [path, operations] of Object.entries(openApiDocument().paths)) {
    for (const method of Object.keys(operations).map((name) => name.toUpperCase())) {
      for (const { url } of openApiDocument().servers) {
        const target = `${url === '/' ? '' : url}${path.replaceAll(/\{[^}]+\}/g, '7d0c8f6e-2b1a-4c3d-9e5f-0a1b2c3d4e5f')}`;
        const { body } = await app.send(method, target, { headers: { authorization: '' } });
        if (JSON.stringify(body).includes('not found')) missing.push(`${method} ${target}`);
      }
    }
  }
  expect(missing).toEqual([]);
});

test('the documents are served as JSON', async () => {
  expect((await app.send('GET', '/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
  const { body } = await app.send('GET', '/asyncapi.json');
  expect(body).toMatchObject({ asyncapi: '3.0.0', servers: { gateway: { host: '127.0.0.1:3002', protocol: 'ws' } } });
});

test.each([
  ['HTTP/1.1\r\nHost: shop.example.org', 'shop.example.org'],
  ['HTTP/1.1\r\nHost: [::1]:3001', '[::1]'],
  ['HTTP/1.1\r\nHost: a b', 'localhost'],
  ['HTTP/1.1\r\nHost: 999.999.999.999', 'localhost'],
  ['HTTP/1.1\r\nHost: [::::]', 'localhost'],
  ['HTTP/1.1\r\nHost: x/y@z', 'localhost'],
  ['HTTP/1.1\r\nHost:', 'localhost'],
  ['HTTP/1.0', 'localhost'],
])('a client that says %j is told of a gateway at %s', async (said, named) => {
  const socket = connect(app.port, '127.0.0.1');
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.write(`GET /asyncapi.json ${said}\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  const answer = Buffer.concat(pieces).toString();
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(answer).toContain(`"gateway":{"host":"${named}:3002"`);
});

test('a gateway with an address of its own is named by that', async () => {
  const elsewhere = await startApp({ wsUrl: 'wss://live.example.org/socket' });
  const { body } = await elsewhere.send('GET', '/asyncapi.json');
  expect(body.servers.gateway).toEqual({ host: 'live.example.org', pathname: '/socket', protocol: 'wss' });
  await elsewhere.close();
});

test('the page and all that it loads come from here', async () => {
  const page = await fetch(`${app.url}/docs`);
  expect(page.headers.get('content-type')).toContain('text/html');
  const html = await page.text();
  const links = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, link]) => link ?? '');
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) {
    expect(link).toMatch(/^\/docs\//);
    const response = await fetch(app.url + link);
    await response.arrayBuffer();
    expect([link, response.status]).toEqual([link, 200]);
  }
});
