import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';

/**
 * What the WebSocket port says to plain HTTP.
 *
 * @param state.isDraining from when on load balancers are to send nobody more
 */
export const routeHttp = (app: TemplatedApp, state: { readonly isDraining: () => boolean }): void => {
  const answer = (res: HttpResponse, isHead = false): void => {
    const status = state.isDraining() ? 'draining' : 'ok';
    const body = JSON.stringify({ status, timestamp: new Date().toISOString(), service: 'ws-service' });
    res.cork(() => {
      res
        .writeStatus(status === 'ok' ? '200 OK' : '503 Service Unavailable')
        .writeHeader('Content-Type', 'application/json; charset=utf-8');
      if (!isHead) return res.end(body);
      // Given the length itself, `endWithoutBody` ends the process with "without responding"
      return res.writeHeader('Content-Length', String(Buffer.byteLength(body))).endWithoutBody();
    });
  };
  for (const path of ['/health', '/readyz']) {
    app.get(path, (res) => answer(res));
    app.head(path, (res) => answer(res, true));
  }
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
