import { createSigner } from '@kuraxx/file-links';

/** What the address of an upload allows: one PUT of exactly that. */
export type PutGrant = { readonly contentType: string; readonly size: number };
/** How the address of a download is answered. */
export type GetGrant = { readonly contentType: string; readonly disposition: string };

type Query = Readonly<Record<string, unknown>>;

/** Signed addresses of the local store, which the api serves under `/storage/<key>`. */
export type StorageUrls = {
  put(key: string, grant: PutGrant, expiresAtMs: number): string;
  get(key: string, grant: GetGrant, expiresAtMs: number): string;
  /** @returns undefined for a wrong signature or an address that is over */
  checkPut(key: string, query: Query): PutGrant | undefined;
  /** @returns undefined for a wrong signature or an address that is over */
  checkGet(key: string, query: Query): GetGrant | undefined;
};

/**
 * @param secret the system's own
 * @param baseUrl public address of the api, without a slash at its end
 */
export const createStorageUrls = (secret: string, baseUrl: string): StorageUrls => {
  const signer = createSigner(secret, 'storage v1');
  const signedText = (method: string, key: string, fields: readonly string[]): string =>
    JSON.stringify([method, key, ...fields]);

  const make = (method: string, key: string, fields: Record<string, string>): string => {
    const sig = signer.sign(signedText(method, key, Object.values(fields)));
    return `${baseUrl}/storage/${key}?${new URLSearchParams({ ...fields, sig }).toString()}`;
  };
  /** The fields, in the order in which they were signed; the last one is the time. */
  const check = (method: string, key: string, query: Query, names: readonly string[]): string[] | undefined => {
    const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '');
    const fields = names.map(text);
    const isOver = !(Number(fields.at(-1)) * 1000 >= Date.now());
    return signer.isValid(signedText(method, key, fields), text('sig')) && !isOver ? fields : undefined;
  };
  const seconds = (ms: number): string => String(Math.floor(ms / 1000));

  return {
    put: (key, { contentType, size }, expiresAtMs) =>
      make('PUT', key, { type: contentType, size: String(size), until: seconds(expiresAtMs) }),
    get: (key, { contentType, disposition }, expiresAtMs) =>
      make('GET', key, { type: contentType, disposition, until: seconds(expiresAtMs) }),
    checkPut: (key, query) => {
      const [contentType, size] = check('PUT', key, query, ['type', 'size', 'until']) ?? [];
      return contentType === undefined ? undefined : { contentType, size: Number(size) };
    },
    checkGet: (key, query) => {
      const [contentType, disposition] = check('GET', key, query, ['type', 'disposition', 'until']) ?? [];
      return contentType === undefined || disposition === undefined ? undefined : { contentType, disposition };
    },
  };
};
