const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

const isLocal = (origin: string): boolean => URL.canParse(origin) && localHosts.has(new URL(origin).hostname);

/** A page of the gateway's own host, or an app that names the socket's address for want of a page, as React Native does. */
const isOwn = (origin: string, host: string): boolean =>
  URL.canParse(origin) && host !== '' && new URL(origin).host === host.toLowerCase();

/**
 * Whether a browser page of this origin may open a socket.
 *
 * @param origin the Origin header, empty when there is none: not a browser, nothing to protect it from
 * @param host the Host header: who was asked
 * @param rules.anyLocal accept every page of this machine (development)
 */
export const isOriginAllowed = (
  origin: string,
  host: string,
  rules: { readonly origins: readonly string[]; readonly anyLocal: boolean },
): boolean =>
  origin === '' ||
  rules.origins.includes('*') ||
  rules.origins.includes(origin) ||
  isOwn(origin, host) ||
  (rules.anyLocal && isLocal(origin));
