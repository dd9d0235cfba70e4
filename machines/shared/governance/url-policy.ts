/** Where a charger may be sent for firmware, or with its logs. */
export interface UrlPolicy {
  /** Without the colon, lower case. */
  schemes: readonly string[];
  /** Host names; `*.example.com` stands for every name below it. Empty: any. */
  hosts: readonly string[];
  /** Empty: any. A URL without a port has the usual one of its scheme. */
  ports: readonly number[];
  /** Lets loopback, link-local and cloud metadata addresses through; never a good idea outside of a test. */
  allowLocalAddresses: boolean;
}

/** What is wrong with a URL, and the parts of it that may be shown: never path, query or credentials. */
export interface UrlFault {
  code: 'unreadable' | 'credentials' | 'scheme' | 'host' | 'port' | 'localAddress';
  shown: string;
}

const USUAL_PORTS: Readonly<Record<string, number>> = { https: 443, http: 80, ftps: 990, ftp: 21, sftp: 22 };
/** Longest URL that is looked at: OCPP 1.6 leaves anyURI open, 2.0.1 has 512 characters. */
const URL_CHARS_MAX = 2_048;
/** Metadata services of clouds that have no link-local address. */
const METADATA_HOSTS: readonly string[] = ['metadata.google.internal', '100.100.100.200', '[fd00:ec2::254]'];

/** Null when the policy lets the URL through. */
export function urlFault(policy: UrlPolicy, text: string): UrlFault | null {
  const parts = text.length <= URL_CHARS_MAX ? partsOf(text) : null;
  if (parts === null) return { code: 'unreadable', shown: '' };
  const { scheme, host, port, hasCredentials } = parts;
  const shown = `${scheme}://${host}${port === null ? '' : `:${port}`}`;
  if (hasCredentials) return { code: 'credentials', shown };
  if (!policy.schemes.includes(scheme)) return { code: 'scheme', shown };
  if (!policy.allowLocalAddresses && isLocalAddress(host)) return { code: 'localAddress', shown };
  if (policy.hosts.length > 0 && !policy.hosts.some((pattern) => isHostOf(pattern, host)))
    return { code: 'host', shown };
  if (policy.ports.length > 0 && (port === null || !policy.ports.includes(port)))
    return { code: 'port', shown };
  return null;
}

interface UrlParts {
  scheme: string;
  /** Canonical: an IPv4 address in any notation as four numbers, IPv6 in brackets. */
  host: string;
  port: number | null;
  hasCredentials: boolean;
}

function partsOf(text: string): UrlParts | null {
  // Only for schemes of the web does the parser make hosts canonical, so every URL is read as one of these.
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.+)$/is.exec(text) ?? [];
  // What parsers skip or take for something else (spaces, control characters, backslashes) hides a host.
  if (scheme === undefined || rest === undefined || /[\s\\]|[^\x21-\x7e]/.test(text)) return null;
  if (!URL.canParse(`http://${rest}`)) return null;
  const url = new URL(`http://${rest}`);
  const name = scheme.toLowerCase();
  const hasCredentials = url.username !== '' || url.password !== '' || hasUserinfo(rest);
  const written = /:(\d+)$/.exec(rest.split(/[/?#]/, 1)[0] ?? '')?.[1];
  const port = written === undefined ? (USUAL_PORTS[name] ?? null) : Number(written);
  const host = url.hostname.toLowerCase().replace(/\.$/, '');
  return host === '' ? null : { scheme: name, host, port, hasCredentials };
}

/** `http://@host` has an empty user, which is one too many. */
function hasUserinfo(rest: string): boolean {
  return (rest.split(/[/?#]/, 1)[0] ?? '').includes('@');
}

function isHostOf(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith('*.')
    ? host.endsWith(wanted.slice(1)) && host.length >= wanted.length
    : host === wanted;
}

function isLocalAddress(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || METADATA_HOSTS.includes(host)) return true;
  if (host.startsWith('[')) return isLocalIpv6(host.slice(1, -1));
  return isLocalIpv4(host);
}

function isLocalIpv4(host: string): boolean {
  const numbers = /^(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(host);
  if (!numbers) return false;
  const [first, second] = [Number(numbers[1]), Number(numbers[2])];
  return first === 0 || first === 127 || (first === 169 && second === 254);
}

function isLocalIpv6(address: string): boolean {
  if (address === '::' || address === '::1') return true;
  // fe80::/10
  if (/^fe[89ab][0-9a-f]:/.test(address)) return true;
  // An IPv4 address inside: ::a.b.c.d, ::ffff:a.b.c.d, 64:ff9b::a.b.c.d, as the parser writes them.
  const [, high, low] = /^(?:::(?:ffff:)?|64:ff9b::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return false;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  const host = `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
  return isLocalIpv4(host) || METADATA_HOSTS.includes(host);
}
