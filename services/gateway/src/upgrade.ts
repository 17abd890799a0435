import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { addressKey, clientAddress, type Rates, type Verdict } from '@kuraxx/limits';
import { isOriginAllowed } from './origin.ts';
import type { SocketData } from './session.ts';
import { agreeOn } from './subprotocol.ts';

export type UpgradeRules = {
  readonly origins: readonly string[];
  readonly anyLocalOrigin: boolean;
  readonly trustedProxies: number;
  /** Absent: no limits per window. */
  readonly rates?: Rates | undefined;
};

/** Answers with plain text instead of a socket. */
export const refuseUpgrade = (
  res: HttpResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  res.cork(() => {
    res.writeStatus(`${status} ${STATUS_CODES[status]}`);
    for (const [name, value] of Object.entries(headers)) res.writeHeader(name, value);
    res.writeHeader('Content-Type', 'text/plain; charset=utf-8').end(text);
  });
};

/**
 * Answers a request to open a socket: 403 for a page of another origin, 429 when the address asks too often, else the socket.
 * It counts as a REST request does.
 */
export const upgradeSocket = (
  res: HttpResponse,
  req: HttpRequest,
  context: us_socket_context_t,
  rules: UpgradeRules,
): void => {
  // All that is read of the request is read now: it is gone after this call.
  const origin = req.getHeader('origin');
  const key = req.getHeader('sec-websocket-key');
  const { encoding, protocol } = agreeOn(req.getHeader('sec-websocket-protocol'));
  const extensions = req.getHeader('sec-websocket-extensions');
  const peer = Buffer.from(res.getRemoteAddressAsText()).toString();
  const address = addressKey(clientAddress(peer, req.getHeader('x-forwarded-for'), rules.trustedProxies));

  if (!isOriginAllowed(origin, { origins: rules.origins, anyLocal: rules.anyLocalOrigin })) {
    return refuseUpgrade(res, 403, 'This origin is not allowed.\n');
  }
  const decide = (verdict: Verdict | undefined): void => {
    if (verdict?.allowed !== false) {
      res.cork(() => res.upgrade<SocketData>({ address, encoding }, key, protocol, extensions, context));
      return;
    }
    const seconds = String(Math.max(1, Math.ceil(verdict.resetMs / 1000)));
    refuseUpgrade(res, 429, 'Too many requests; try again later.\n', { 'Retry-After': seconds });
  };
  const verdict = rules.rates?.take(['request'], { address });
  if (!(verdict instanceof Promise)) return decide(verdict);
  let isAborted = false;
  res.onAborted(() => {
    isAborted = true;
  });
  void verdict.then((late) => {
    if (!isAborted) decide(late);
  });
};
