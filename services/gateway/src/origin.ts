const localHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

const isLocal = (origin: string): boolean => URL.canParse(origin) && localHosts.has(new URL(origin).hostname);

/**
 * Whether a browser page of this origin may open a socket.
 *
 * @param origin the Origin header, empty when there is none: not a browser, nothing to protect it from
 * @param rules.anyLocal accept every page of this machine (development)
 */
export const isOriginAllowed = (
  origin: string,
  rules: { readonly origins: readonly string[]; readonly anyLocal: boolean },
): boolean =>
  origin === '' || rules.origins.includes('*') || rules.origins.includes(origin) || (rules.anyLocal && isLocal(origin));
