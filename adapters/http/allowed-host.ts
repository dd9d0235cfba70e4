import { isIP } from 'node:net';

/**
 * True if a Host header names this machine in a way that no foreign web page can fake: an IP address, `localhost`,
 * or a configured name. Any other name may be a rebinding attack: a page on evil.example whose name was pointed here.
 */
export function isAllowedHost(header: string | undefined, names: ReadonlySet<string>): boolean {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+))(?::\d{1,5})?$/.exec(header ?? '');
  if (!match) return false;
  if (match[1] !== undefined) return isIP(match[1]) === 6;
  const name = (match[2] ?? '').toLowerCase();
  return isIP(name) === 4 || name === 'localhost' || names.has(name);
}
