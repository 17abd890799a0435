import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

const keyBytes = 32;

/** Signs texts of one purpose. What is signed for one purpose is worth nothing for another. */
export type Signer = {
  /** HMAC-SHA-256 as base64url. */
  sign(text: string): string;
  /** In constant time. */
  isValid(text: string, signature: string): boolean;
};

/**
 * @param secret the system's own (JWT_SECRET): a key of its own for each purpose is derived from it
 * @param previousSecret while secrets are changed: what was signed with it stays valid
 * @param purpose names the purpose and its version, as in `file links v1`
 */
export const createSigner = (secret: string, purpose: string, previousSecret?: string): Signer => {
  const key = Buffer.from(hkdfSync('sha256', secret, '', `kuraxx ${purpose}`, keyBytes));
  const previous = previousSecret === undefined ? undefined : createSigner(previousSecret, purpose);
  const digest = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  return {
    sign: (text) => digest(text).toString('base64url'),
    isValid: (text, signature) => {
      const given = Buffer.from(signature, 'base64url');
      const right = digest(text);
      if (given.length === right.length && timingSafeEqual(given, right)) return true;
      return previous?.isValid(text, signature) ?? false;
    },
  };
};
