import { connect, type Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { WebSocket } from 'ws';
import { ALL_VERSIONS } from '../../../../adapters/ocpp/subprotocol.ts';
import type { ConnectionLimits } from '../../../../adapters/ocpp-south/charger-connection.ts';
import { SecretKeeper } from '../../../../adapters/ocpp-south/credentials.ts';
import { createSouthGateway } from '../../../../adapters/ocpp-south/gateway.ts';
import { createSouthServer, type SouthServerOptions } from '../../../../adapters/ocpp-south/server.ts';
import { silentLog } from '../../../../runtime/log.ts';
import { SystemClock } from '../../../../runtime/system-clock.ts';
import { systemRandom } from '../../../../runtime/system-random.ts';
import { fakeMappers } from '../../../helpers/fake-mappers.ts';
import { FakeHost } from '../ocpp/helpers.ts';

export const KEY = 'a-key-of-enough-characters';

/** Too short for a key. */
export const PASSWORD = 'short-secret';

/** At the least cost that scrypt takes. */
export function aKeeper(): SecretKeeper {
  return new SecretKeeper({ deviceKey: Buffer.alloc(32, 7), scryptCost: 2 });
}

/**
 * `CP-open` needs nothing, `CP-known` needs {@link KEY}, `CP-weak` needs {@link PASSWORD}, `CP-new` is quarantined, all
 * others are unknown.
 */
export function aGate(keeper: SecretKeeper): SouthServerOptions['gate'] {
  const key = keeper.keep(KEY);
  const password = keeper.keep(PASSWORD);
  return (identity) => {
    if (identity.startsWith('CP-open')) return { outcome: 'accept', profile: 0 };
    if (identity.startsWith('CP-known')) return { outcome: 'accept', profile: 1, secret: key };
    if (identity.startsWith('CP-weak')) return { outcome: 'accept', profile: 1, secret: password };
    return identity === 'CP-new' ? { outcome: 'quarantine' } : { outcome: 'reject' };
  };
}

/** A south server on a free loopback port, over a host that answers every CALL with `{}` when `answering` is set. */
export async function listening(
  options: {
    answering?: boolean;
    limits?: Partial<ConnectionLimits>;
    server?: Partial<SouthServerOptions>;
  } = {},
) {
  const clock = new SystemClock();
  const host = new FakeHost();
  const gateway = createSouthGateway({
    clock,
    random: systemRandom,
    log: silentLog,
    limits: { rate: null, ...options.limits },
    mappers: fakeMappers,
    post: (incoming) => {
      const result = host.post(incoming);
      if (options.answering === true && incoming.type === 'south.called') {
        const { socketId, messageId } = incoming.data as { socketId: string; messageId: string };
        const answer = {
          type: 'answer',
          charger: incoming.charger ?? '',
          socketId,
          messageId,
          raw: '{}',
        } as const;
        queueMicrotask(() => gateway.perform(answer));
      }
      return result;
    },
  });
  const keeper = options.server?.keeper ?? aKeeper();
  const server = createSouthServer({
    listen: { host: '127.0.0.1', port: 0 },
    listenTls: null,
    clock,
    log: silentLog,
    gateway,
    keeper,
    gate: aGate(keeper),
    versions: ALL_VERSIONS,
    ...options.server,
    limits: { refusalStepMs: 20, ...options.server?.limits },
  });
  const { port, tlsPort } = await server.listen();
  return {
    host,
    gateway,
    server,
    port: port ?? 0,
    tlsPort: tlsPort ?? 0,
    url: (identity: string) => `ws://127.0.0.1:${port}/ocpp/${encodeURIComponent(identity)}`,
    tlsUrl: (identity: string) => `wss://127.0.0.1:${tlsPort}/ocpp/${encodeURIComponent(identity)}`,
    stop: async () => {
      gateway.close();
      await server.close();
    },
  };
}

/** What a charger brings to a TLS handshake; it trusts any server unless told. */
export interface TlsClient extends SecureContextOptions {
  rejectUnauthorized?: boolean;
}

export interface Attempt {
  socket: WebSocket;
  /** `open`, or the HTTP status of the refusal, or `error`. */
  outcome: 'open' | 'error' | number;
}

/** Dials and says how it went. */
export function dial(
  url: string,
  options: { key?: string; user?: string; protocols?: string[]; localAddress?: string; tls?: TlsClient } = {},
): Promise<Attempt> {
  const { key, localAddress, tls } = options;
  const user = options.user ?? decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
  const headers =
    key === undefined ? {} : { authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}` };
  const bound = localAddress === undefined ? {} : { localAddress };
  const socket = new WebSocket(url, options.protocols ?? ['ocpp1.6'], { headers, ...bound, ...tls });
  return new Promise((resolve) => {
    socket.on('open', () => resolve({ socket, outcome: 'open' }));
    socket.on('unexpected-response', (request, response) => {
      resolve({ socket, outcome: response.statusCode ?? 0 });
      request.destroy();
    });
    socket.on('error', () => resolve({ socket, outcome: 'error' }));
  });
}

export function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve));
}

export function nextMessage(socket: WebSocket): Promise<unknown[]> {
  return new Promise((resolve) => {
    socket.once('message', (data) => resolve(JSON.parse(String(data)) as unknown[]));
  });
}

/** A TCP connection to write whatever one likes; `ended` resolves with all that came when the server closed it. */
export function rawTcp(port: number): { socket: Socket; ended: Promise<Buffer> } {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // The server may reset a connection that it cuts; that is an end like any other.
  socket.on('error', () => undefined);
  const ended = new Promise<Buffer>((resolve) => socket.on('close', () => resolve(Buffer.concat(chunks))));
  return { socket, ended };
}

export function upgradeHead(path: string, extra = ''): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extra}\r\n`
  );
}

export async function until(condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error('condition was not met in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
