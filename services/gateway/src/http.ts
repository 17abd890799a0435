import type { TemplatedApp } from 'uWebSockets.js';

/** What the WebSocket port says to plain HTTP. */
export const routeHttp = (app: TemplatedApp): void => {
  app.get('/health', (res) => {
    const body = JSON.stringify({ status: 'ok', timestamp: new Date().toISOString(), service: 'ws-service' });
    res.cork(() => res.writeHeader('Content-Type', 'application/json; charset=utf-8').end(body));
  });
  app.any('/*', (res) => {
    res.cork(() =>
      res
        .writeStatus('426 Upgrade Required')
        .writeHeader('Upgrade', 'websocket')
        .writeHeader('Content-Type', 'text/plain; charset=utf-8')
        .end('This port speaks WebSocket.\n'),
    );
  });
};
