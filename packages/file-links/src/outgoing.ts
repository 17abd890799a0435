import { fileRefPrefix, parseFileRef } from '@kuraxx/domain';
import type { Links } from './link.ts';

/**
 * A reference as the whole value of one of the keys that hold addresses. Inside of a text its quotes would be escaped, so
 * nothing that a person writes is ever taken for one; and what people give as the address of a picture is http or https.
 */
const refInJson = /"(avatarUrl|url|thumbnailUrl|publicUrl)":"(kuraxx-file:[^"\\]+)"/g;
const prefixBytes = Buffer.from(fileRefPrefix);

/** Puts signed links in the places of references, in JSON as `JSON.stringify` writes it, just before it goes out. */
export type Outgoing = {
  /** @param readerId whom it is for; undefined when several get the same bytes */
  text(json: string, readerId?: string): string;
  /** The same for bytes: without a reference in them, which is the rule, they are given back as they are. */
  bytes(json: Buffer, readerId?: string): Buffer;
};

export const createOutgoing = (links: Links, now: () => number = Date.now): Outgoing => {
  const text = (json: string, readerId?: string): string => {
    if (!json.includes(fileRefPrefix)) return json;
    const nowMs = now();
    return json.replaceAll(refInJson, (whole: string, key: string, value: string) => {
      const ref = parseFileRef(value);
      return ref === undefined ? whole : `"${key}":"${links.make(ref, readerId, nowMs)}"`;
    });
  };
  return {
    text,
    bytes: (json, readerId) => (json.includes(prefixBytes) ? Buffer.from(text(json.toString('utf8'), readerId)) : json),
  };
};
