import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import { STATUS_CODES } from 'node:http';
import { addressKey, clientAddress, type Rates } from '@kuraxx/limits';
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
 * It counts as a REST request does. Where only Redis can tell whether it is too often, the socket opens, and its data has the verdict to come:
 * uWebSockets must not open it after this call (ADR 37).
 */
export const upgradeSocket = (
  res: HttpResponse,
  req: HttpRequest,
  context: us_socket_context_t,
  rules: UpgradeRules,
): void => {
  const peer = Buffer.from(res.getRemoteAddressAsText()).toString();
  const address = addressKey(clientAddress(peer, req.getHeader('x-forwarded-for'), rules.trustedProxies));

  const pages = { origins: rules.origins, anyLocal: rules.anyLocalOrigin };
  if (!isOriginAllowed(req.getHeader('origin'), req.getHeader('host'), pages)) {
    return refuseUpgrade(res, 403, 'This origin is not allowed.\n');
  }
  const verdict = rules.rates?.take(['request'], { address });
  const isLate = verdict instanceof Promise;
  if (!isLate && verdict?.allowed === false) {
    const seconds = String(Math.max(1, Math.ceil(verdict.resetMs / 1000)));
    return refuseUpgrade(res, 429, 'Too many requests; try again later.\n', { 'Retry-After': seconds });
  }
  const { encoding, protocol } = agreeOn(req.getHeader('sec-websocket-protocol'));
  res.upgrade<SocketData>(
    { address, encoding, ...(isLate && { verdict }) },
    req.getHeader('sec-websocket-key'),
    protocol,
    req.getHeader('sec-websocket-extensions'),
    context,
  );
};
