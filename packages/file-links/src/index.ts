import { createLinks, type Links } from './link.ts';
import { createOutgoing, type Outgoing } from './outgoing.ts';
import { createSigner } from './signature.ts';

export type { FollowedLink, LinkParts, Links } from './link.ts';
export type { Outgoing } from './outgoing.ts';
export { createSigner, type Signer } from './signature.ts';

/**
 * Links of this system to files.
 *
 * @param secret JWT_SECRET; links die with it, references don't
 * @param baseUrl public address of the api
 * @param previousSecret JWT_SECRET_PREVIOUS; links of it stay good
 */
export const createFileLinks = (
  secret: string,
  baseUrl: string,
  previousSecret?: string,
): { links: Links; outgoing: Outgoing } => {
  const links = createLinks(createSigner(secret, 'file links v1', previousSecret), baseUrl.replace(/\/+$/, ''));
  return { links, outgoing: createOutgoing(links) };
};
