import { isIPv6 } from 'node:net';

/** Longer is no address; a proxy that lies must not make keys grow. */
const maxAddressLength = 64;

/**
 * Where a request comes from, as express's numeric `trust proxy` has it: the peer, or behind `trustedProxies` proxies the
 * address that the outermost of them saw. `forwardedFor` is believed as far as the proxies reach and no further.
 *
 * @param forwardedFor the X-Forwarded-For header, empty when there is none
 */
export const clientAddress = (peer: string, forwardedFor: string, trustedProxies: number): string => {
  const named = forwardedFor === '' ? [] : forwardedFor.split(',').map((part) => part.trim());
  const path = [peer, ...named.reverse()];
  return path[Math.min(trustedProxies, path.length - 1)] ?? peer;
};

/** The eight groups of an IPv6 address, without leading zeros. */
const groupsOf = (address: string): string[] => {
  const plain = address.replace(/%.*$/, '').toLowerCase();
  const [head = '', tail] = plain.split('::');
  const list = (part: string) => part.split(':').filter((group) => group !== '');
  const [left, right] = [list(head), list(tail ?? '')];
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: gap }, () => '0'), ...right];
  return groups.map((group) => group.replace(/^0+(?=.)/, ''));
};

const mappedPrefix = '0:0:0:0:0:ffff:';

/**
 * What limits count an address by: an IPv4 address itself, however it is written; of an IPv6 address its /64, because
 * everybody is given that many.
 */
export const addressKey = (address: string): string => {
  const dotted = /^(?:0*:)+ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  if (!isIPv6(address)) return address.slice(0, maxAddressLength);
  const groups = groupsOf(address);
  const text = groups.join(':');
  if (text.startsWith(mappedPrefix)) {
    const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
};
