import { createHash, createVerify, type KeyObject } from 'node:crypto';

/** A request for a signed address of Google Cloud Storage, as it came. */
export type SignedRequest = {
  readonly method: string;
  readonly url: URL;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
};

const algorithm = 'GOOG4-RSA-SHA256';

/** Percent-encoded as RFC 3986 wants it, which is more than `encodeURIComponent` does. */
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

const canonicalQuery = (query: URLSearchParams): string =>
  [...query]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&');

const parseDate = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

/**
 * Checks a version 4 signature the way the real service does, from its documentation.
 *
 * @returns what is wrong; undefined when nothing is
 */
export const checkSignedUrl = (request: SignedRequest, publicKey: KeyObject, nowMs: number): string | undefined => {
  const { method, url, headers } = request;
  const query = url.searchParams;
  const part = (name: string): string => query.get(`X-Goog-${name}`) ?? '';
  if (part('Algorithm') !== algorithm) return 'not a version 4 signature';
  const startMs = parseDate(part('Date'));
  const lifeSeconds = Number(part('Expires'));
  if (!(lifeSeconds > 0 && lifeSeconds <= 604_800)) return 'lives too long';
  if (!(nowMs >= startMs && nowMs <= startMs + lifeSeconds * 1000)) return 'not its time';
  const signed = part('SignedHeaders').split(';');
  if (!signed.includes('host')) return 'the host is not signed';
  const canonicalHeaders = signed.map((name) => {
    const value = name === 'host' ? url.hostname : (headers[name] ?? '');
    return `${name}:${value.trim()}\n`;
  });
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(query),
    canonicalHeaders.join(''),
    signed.join(';'),
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const scope = part('Credential').split('/').slice(1).join('/');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = [algorithm, part('Date'), scope, hash].join('\n');
  const isRight = createVerify('RSA-SHA256').update(text).verify(publicKey, part('Signature'), 'hex');
  return isRight ? undefined : 'the signature does not fit';
};
