import { isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Whom connections are counted for: the IPv4 address, or the /64 network of an IPv6 address, as one host may use all
 * of it. Link-local addresses share their network with everybody on the cable, so those count each.
 */
export function sourceOf(remote: string): string {
  const mapped = MAPPED_IPV4.exec(remote)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(remote) || /^fe80:/i.test(remote)) return remote.toLowerCase();
  const [head = '', tail] = remote.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
