import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';

type Answer = { readonly status: string; readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** To HEAD the same without the body: the library itself would send it. */
const respond = (res: HttpResponse, req: HttpRequest, { status, headers, body }: Answer): void => {
  const isHead = req.getMethod() === 'head';
  res.cork(() => {
    res.writeStatus(status);
    for (const [name, value] of Object.entries(headers)) res.writeHeader(name, value);
    if (!isHead) return res.end(body);
    // Given the length itself, `endWithoutBody` ends the process: "Returning from a request handler without responding"
    return res.writeHeader('Content-Length', String(Buffer.byteLength(body))).endWithoutBody();
  });
};

const upgradeRequired: Answer = {
  status: '426 Upgrade Required',
  headers: { Upgrade: 'websocket', 'Content-Type': 'text/plain; charset=utf-8' },
  body: 'This port speaks WebSocket.\n',
};

const healthOf = (isDraining: boolean): Answer => ({
  status: isDraining ? '503 Service Unavailable' : '200 OK',
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: JSON.stringify({
    status: isDraining ? 'draining' : 'ok',
    timestamp: new Date().toISOString(),
    service: 'ws-service',
  }),
});

/**
 * What the WebSocket port says to plain HTTP.
 *
 * @param state.isDraining from when on load balancers are to send nobody more
 */
export const routeHttp = (app: TemplatedApp, state: { readonly isDraining: () => boolean }): void => {
  for (const path of ['/health', '/readyz']) {
    for (const method of ['get', 'head'] as const) {
      app[method](path, (res, req) => respond(res, req, healthOf(state.isDraining())));
    }
  }
  app.any('/*', (res, req) => respond(res, req, upgradeRequired));
};
