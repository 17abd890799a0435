import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';

/**
 * What the WebSocket port says to plain HTTP.
 *
 * @param state.isDraining from when on load balancers are to send nobody more
 */
export const routeHttp = (app: TemplatedApp, state: { readonly isDraining: () => boolean }): void => {
  const answer = (res: HttpResponse): void => {
    const status = state.isDraining() ? 'draining' : 'ok';
    const body = JSON.stringify({ status, timestamp: new Date().toISOString(), service: 'ws-service' });
    res.cork(() =>
      res
        .writeStatus(status === 'ok' ? '200 OK' : '503 Service Unavailable')
        .writeHeader('Content-Type', 'application/json; charset=utf-8')
        .end(body),
    );
  };
  for (const path of ['/health', '/readyz']) app.get(path, answer);
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
