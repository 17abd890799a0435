import { createSigner } from '@kuraxx/file-links';

/** What a signed address of the local store allows. */
export type Grant =
  | { readonly method: 'PUT'; readonly contentType: string; readonly size: number }
  | { readonly method: 'GET'; readonly contentType: string; readonly disposition: string };

/** Signed addresses of the local store, which the api serves under `/storage/<key>`. */
export type StorageUrls = {
  make(key: string, grant: Grant, expiresAtMs: number): string;
  /** @returns undefined for a wrong signature or an address that is over */
  check(method: Grant['method'], key: string, query: Readonly<Record<string, unknown>>): Grant | undefined;
};

const queryOf = (grant: Grant, until: string): Record<string, string> =>
  grant.method === 'PUT'
    ? { type: grant.contentType, size: String(grant.size), until }
    : { type: grant.contentType, disposition: grant.disposition, until };

const signedText = (key: string, grant: Grant, until: string): string =>
  JSON.stringify([grant.method, key, queryOf(grant, until)]);

/**
 * @param secret the system's own
 * @param baseUrl public address of the api, without a slash at its end
 */
export const createStorageUrls = (secret: string, baseUrl: string): StorageUrls => {
  const signer = createSigner(secret, 'storage v1');
  return {
    make: (key, grant, expiresAtMs) => {
      const until = String(Math.floor(expiresAtMs / 1000));
      const query = new URLSearchParams({
        ...queryOf(grant, until),
        sig: signer.sign(signedText(key, grant, until)),
      });
      return `${baseUrl}/storage/${key}?${query.toString()}`;
    },
    check: (method, key, query) => {
      const text = (name: string): string => (typeof query[name] === 'string' ? query[name] : '');
      const until = text('until');
      const contentType = text('type');
      const grant: Grant =
        method === 'PUT'
          ? { method, contentType, size: Number(text('size')) }
          : { method, contentType, disposition: text('disposition') };
      const isValid = signer.isValid(signedText(key, grant, until), text('sig'));
      return isValid && Number(until) * 1000 >= Date.now() ? grant : undefined;
    },
  };
};
