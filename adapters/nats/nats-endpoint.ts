import { isIP } from 'node:net';

/** Where a NATS server listens, and as whom to speak to it. */
export interface NatsEndpoint {
  host: string;
  port: number;
  user?: string;
  password?: string;
  /** True: TLS is demanded. Otherwise it is used where the server offers it. */
  tls?: boolean;
}

const DEFAULT_PORT = 4222;

/** Reads `nats://user:password@host:port` or `tls://…`. The problem never repeats the password. */
export function parseNatsUrl(text: string): NatsEndpoint | { problem: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return { problem: 'not a URL; expected nats://user:password@host:port or tls://…' };
  }
  if (url.protocol !== 'nats:' && url.protocol !== 'tls:') {
    return { problem: `scheme "${url.protocol.slice(0, -1)}" is not nats or tls` };
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (host === '') return { problem: 'the host is missing' };
  if ((url.pathname !== '' && url.pathname !== '/') || url.search !== '' || url.hash !== '') {
    return { problem: 'nothing may follow host and port' };
  }
  const endpoint: NatsEndpoint = { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port) };
  if (url.protocol === 'tls:') endpoint.tls = true;
  try {
    if (url.username !== '') endpoint.user = decodeURIComponent(url.username);
    if (url.password !== '') endpoint.password = decodeURIComponent(url.password);
  } catch {
    return { problem: 'user or password holds a malformed % sequence' };
  }
  return endpoint;
}

/** `host:port`, with brackets around an IPv6 host. */
export function hostAndPort(endpoint: NatsEndpoint): string {
  return `${isIP(endpoint.host) === 6 ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}
