import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * What is not a host on the public internet: IANA's special-purpose registry
 * (https://www.iana.org/assignments/iana-ipv4-special-registry), multicast, and the address below which Azure's
 * machines find their platform.
 */
const SPECIAL_IPV4: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // Carrier-grade NAT; clouds keep metadata services there too.
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16], // Link-local, with the metadata services of most clouds.
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Of IPv6 only 2000::/3 is given out; what lies outside of it (unique-local, link-local, loopback …) needs no rule. */
const SPECIAL_IPV6: readonly (readonly [address: string, prefix: number])[] = [
  ['2001::', 23], // Protocol assignments; Teredo, which carries an IPv4 address in disguise, is among them.
  ['2001:db8::', 32],
  ['3fff::', 20],
];

const GLOBAL_IPV6 = new BlockList();
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6');
// These stand for IPv4 addresses, which decide: mapped, and NAT64, by which networks without IPv4 reach it.
GLOBAL_IPV6.addSubnet('::ffff:0:0', 96, 'ipv6');
GLOBAL_IPV6.addSubnet('64:ff9b::', 96, 'ipv6');

const SPECIAL = new BlockList();
for (const [address, prefix] of SPECIAL_IPV4) {
  const hex = address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('');
  SPECIAL.addSubnet(address, prefix, 'ipv4');
  SPECIAL.addSubnet(`::ffff:${address}`, 96 + prefix, 'ipv6');
  SPECIAL.addSubnet(`64:ff9b::${address}`, 96 + prefix, 'ipv6');
  // 6to4 carries it after the first 16 bits.
  SPECIAL.addSubnet(`2002:${hex.slice(0, 4)}:${hex.slice(4)}::`, 16 + prefix, 'ipv6');
}
for (const [address, prefix] of SPECIAL_IPV6) SPECIAL.addSubnet(address, prefix, 'ipv6');

/**
 * Whether an address, as resolvers give it, is one of the public internet. IPv6 addresses that stand for an IPv4
 * address (mapped, 6to4, NAT64) are judged by that.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !SPECIAL.check(address, 'ipv4');
  // A zone (`fe80::1%eth0`) belongs to link-local addresses.
  if (!isIPv6(address) || address.includes('%')) return false;
  return GLOBAL_IPV6.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6');
}
