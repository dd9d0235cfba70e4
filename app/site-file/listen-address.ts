import { isIP } from 'node:net';

/** Where a server listens: an IP address or `localhost`, and a TCP port (0 = any free port). */
export interface ListenAddress {
  host: string;
  port: number;
}

const LISTEN = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/;

/** Reads `127.0.0.1:8080`, `localhost:8080` or `[::1]:8080`; undefined if it is none of these. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = LISTEN.exec(text);
  if (!match) return undefined;
  const host = match[1] ?? match[2] ?? '';
  const port = Number(match[3]);
  const hostIsKnown = match[1] === undefined ? host === 'localhost' || isIP(host) === 4 : isIP(host) === 6;
  return hostIsKnown && port <= 65_535 ? { host, port } : undefined;
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
