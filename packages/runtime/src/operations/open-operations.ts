import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Config } from '../config.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Logger } from '../logger.ts';
import { shared } from '../share.ts';
import { type Check, readinessOf, remembered } from './checks.ts';

export type Operations = {
  /** `http://host:port`, where `/livez`, `/readyz` and `/metrics` are. */
  readonly url: string;
  /** Metrics that are registered here are shown. */
  readonly registry: Registry;
  /** Asked at each `/readyz` from now on; what is not required every five seconds at most. */
  check(check: Check): void;
  /** The service has come up: ready as far as its checks say so, until it is told to stop. */
  started(): void;
};

const answer = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
};

/**
 * Opens the port that is for operators and probes alone: `/livez` (200 as long as the process answers), `/readyz` (200 or 503, with
 * the reasons) and `/metrics` (Prometheus). Open it first: it is closed last, and says `starting` and `stopping` in between.
 *
 * @throws {Error} when the port is taken
 */
export const openOperations = async (
  config: Pick<Config, 'operations'>,
  life: Pick<Lifecycle, 'open' | 'isStopping'>,
  logger: Logger,
): Promise<Operations> => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const checks: Check[] = [];
  let isUp = false;
  const phase = () => (life.isStopping() ? 'stopping' : isUp ? 'running' : 'starting');

  const readiness = shared(() => readinessOf(phase(), checks));
  new Gauge({
    name: 'kuraxx_ready',
    help: '1 when /readyz says so',
    registers: [registry],
    async collect() {
      this.set((await readiness()).ready ? 1 : 0);
    },
  });
  new Gauge({
    name: 'kuraxx_check_ok',
    help: '1 where a check of /readyz has found nothing; some are only told, and leave it ready',
    labelNames: ['check'],
    registers: [registry],
    async collect() {
      for (const [check, { ok }] of Object.entries((await readiness()).checks)) this.set({ check }, ok ? 1 : 0);
    },
  });

  const serve = async (path: string, response: ServerResponse): Promise<void> => {
    if (path === '/livez') return answer(response, 200, { alive: true });
    if (path === '/readyz') {
      const readiness = await readinessOf(phase(), checks);
      return answer(response, readiness.ready ? 200 : 503, readiness);
    }
    if (path === '/metrics') {
      const text = await registry.metrics();
      response.writeHead(200, { 'content-type': registry.contentType });
      response.end(text);
      return;
    }
    answer(response, 404, { paths: ['/livez', '/readyz', '/metrics'] });
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://operations');
    serve(pathname, response).catch((error: unknown) => {
      logger.error({ err: error, path: pathname }, 'an operator could not be answered');
      answer(response, 500, { error: 'see the log' });
    });
  });
  const { host, port } = config.operations;
  await life.open(
    'operations',
    async () => {
      server.listen(port, host);
      await once(server, 'listening');
    },
    async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  );
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the operations port has no number');
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${address.port}`;
  logger.info({ url }, 'operations');
  return {
    url,
    registry,
    check: (check) => void checks.push(check.required ? check : remembered(check)),
    started: () => {
      isUp = true;
    },
  };
};
