import type { Request } from 'express';

export type GatewayAddress = {
  /** Of the gateway, as seen from outside; undefined: the host that a request names, at `wsPort`. */
  readonly wsUrl: string | undefined;
  readonly wsPort: number;
};

/** Anything else in a `Host` header doesn't get into our answer. */
const nameOrAddress = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])$/i;

/** Where the client of this request reaches the gateway. A `Host` that can't be one counts as `localhost`. */
export const gatewayUrlFor = (request: Request, { wsUrl, wsPort }: GatewayAddress): string => {
  if (wsUrl !== undefined) return wsUrl;
  const scheme = request.secure ? 'wss' : 'ws';
  const asked = `${scheme}://${request.hostname}:${wsPort}`;
  // HTTP/1.0 need not name a host at all, and one may be named by nothing
  const isNamed = (request.get('host') ?? '') !== '' && nameOrAddress.test(request.hostname);
  return isNamed && URL.canParse(asked) ? asked : `${scheme}://localhost:${wsPort}`;
};
