import { expect, test } from 'vitest';
import { addressKey, clientAddress } from './address.ts';

test.each([
  ['no proxy is trusted', '10.0.0.1', '1.1.1.1, 2.2.2.2', 0, '10.0.0.1'],
  ['one is: it has appended the client', '10.0.0.1', '1.1.1.1, 2.2.2.2', 1, '2.2.2.2'],
  ['two are', '10.0.0.1', '1.1.1.1, 2.2.2.2', 2, '1.1.1.1'],
  ['more are than have written', '10.0.0.1', '1.1.1.1', 5, '1.1.1.1'],
  ['one is, but it has written nothing', '10.0.0.1', '', 1, '10.0.0.1'],
])('the client when %s', (_when, peer, forwardedFor, trusted, client) => {
  expect(clientAddress(peer, forwardedFor, trusted)).toBe(client);
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::ffff:127.0.0.1', '127.0.0.1'],
  ['0000:0000:0000:0000:0000:ffff:7f00:0001', '127.0.0.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['0000:0000:0000:0000:0000:0000:0000:0001', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s counts as %s', (address, key) => expect(addressKey(address)).toBe(key));

test('what is no address stays short', () => expect(addressKey('x'.repeat(10_000))).toHaveLength(64));
