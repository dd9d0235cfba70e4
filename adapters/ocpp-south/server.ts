import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { WS_BOUNDS, WsFrameSocket } from '../ocpp/ws-frame-socket.ts';
import { isAuthorized, type Secret } from './credentials.ts';
import type { SouthGateway } from './gateway.ts';
import { identityOfUrl } from './identity.ts';
import { type RefusalCause, Refusals, type RefusedConnection } from './refusals.ts';

/** What the configuration says about a charger that knocks. `secret: null` asks for no password (profile 0). */
export type GateVerdict =
  | { outcome: 'accept'; secret: Secret | null }
  | { outcome: 'reject' }
  | { outcome: 'quarantine' };

export interface SouthServerOptions {
  listen: { host: string; port: number };
  clock: Clock;
  log: Log;
  gateway: SouthGateway;
  gate(identity: string, remote: string): GateVerdict;
  /** Field quirk: chargers that offer no subprotocol are let in, and shown as such. Default true. */
  allowMissingSubprotocol?: boolean;
  limits?: Partial<SouthServerLimits>;
}

export interface SouthServerLimits {
  /** Bytes of one message; larger closes the socket (1009). */
  frameBytesMax: number;
  /** Open TCP connections; further ones are dropped by the listener. */
  connectionsMax: number;
  headerBytesMax: number;
  /** From the TCP connection to the end of the request head. */
  handshakeTimeoutMs: number;
}

/** The listener for chargers: everything between a TCP connection and an authenticated socket at the gateway. */
export interface SouthServer {
  /** Rejects when the address cannot be bound. */
  listen(): Promise<{ port: number }>;
  /** Refused connections, newest first, for the technician. */
  refused(): RefusedConnection[];
  /** Stops listening and destroys what is left; the gateway closes its sockets itself, before. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: SouthServerLimits = {
  frameBytesMax: 256 * 1024,
  connectionsMax: 4_096,
  headerBytesMax: 8_192,
  handshakeTimeoutMs: 5_000,
};
const SUBPROTOCOL = 'ocpp1.6';
const PROTOCOL_ERROR = 1002;

/** One connection attempt on its way through the checks. */
interface Knock {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  identity: string;
  remote: string;
}

export function createSouthServer(options: SouthServerOptions): SouthServer {
  return new Listener(options);
}

class Listener implements SouthServer {
  readonly #options: SouthServerOptions;
  readonly #refusals: Refusals;
  readonly #http: Server;
  readonly #wss: WebSocketServer;
  /** Identities whose old socket is being probed for a newcomer: one at a time. */
  readonly #probing = new Set<string>();

  constructor(options: SouthServerOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.clock, options.log);
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#wss = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: limits.frameBytesMax,
      ...WS_BOUNDS,
      // No common subprotocol: the handshake ends without one and the socket is closed (OCPP-J 1.6, 3.1.2).
      handleProtocols: (offered) => commonSubprotocol(offered) ?? false,
    });
    this.#http = createHttp(limits);
    this.#http.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head));
  }

  listen(): Promise<{ port: number }> {
    const { host, port } = this.#options.listen;
    return listen(this.#http, host, port);
  }

  refused(): RefusedConnection[] {
    return this.#refusals.list();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Unheard, an error of the peer during the handshake would end the process.
    socket.on('error', () => socket.destroy());
    const remote = request.socket.remoteAddress ?? 'unknown';
    const url = request.url ?? '';
    // Without a version the rest of the request line would be read as headers (HTTP 0.9).
    const identity = request.httpVersion === '1.1' ? identityOfUrl(url) : null;
    if (identity === null) this.#refuse(socket, 404, url, remote, 'badUrl');
    else this.#admit({ request, socket, head, identity, remote });
  }

  #admit(knock: Knock): void {
    const { request, socket, identity, remote } = knock;
    const { gateway, gate } = this.#options;
    const verdict = gate(identity, remote);
    const secret = verdict.outcome === 'accept' ? verdict.secret : null;
    // Compared even where the verdict is known, so that refusals take the same time for all identities.
    const isOpenDoor = verdict.outcome === 'accept' && secret === null;
    const isRight = isAuthorized(request.headers.authorization, identity, secret);
    if (!isOpenDoor && !isRight) {
      this.#refuse(socket, 401, identity, remote, refusalCause(verdict));
      return;
    }
    const current = gateway.connected(identity);
    if (current === undefined || current.remote === remote) this.#upgrade(knock);
    else this.#contest(knock);
  }

  /** A second socket for one identity wins only if the first stays silent to a ping. */
  #contest(knock: Knock): void {
    const { socket, identity, remote } = knock;
    const { gateway, log } = this.#options;
    if (this.#probing.has(identity)) {
      this.#refuse(socket, 409, identity, remote, 'alreadyConnected');
      return;
    }
    this.#probing.add(identity);
    gateway.probe(identity, (alive) => {
      this.#probing.delete(identity);
      if (!alive) {
        this.#upgrade(knock);
        return;
      }
      log.error({ charger: identity, remote }, 'second socket refused: the first one is alive');
      this.#refuse(socket, 409, identity, remote, 'alreadyConnected');
    });
  }

  #upgrade(knock: Knock): void {
    if (knock.socket.destroyed) return;
    this.#wss.handleUpgrade(knock.request, knock.socket, knock.head, (ws) => this.#greet(ws, knock));
  }

  #greet(ws: WebSocket, { request, identity, remote }: Knock): void {
    const socket = new WsFrameSocket(ws);
    const hasOffer = request.headers['sec-websocket-protocol'] !== undefined;
    const isMissingAllowed = !hasOffer && (this.#options.allowMissingSubprotocol ?? true);
    if (ws.protocol === '' && !isMissingAllowed) {
      this.#refusals.add(identity, remote, 'noCommonSubprotocol');
      socket.close(PROTOCOL_ERROR, `only ${SUBPROTOCOL} is spoken here`);
      return;
    }
    const info = { subprotocol: SUBPROTOCOL, remote, subprotocolMissing: !hasOffer } as const;
    const socketId = this.#options.gateway.attach(identity, socket, info);
    if (socketId === null) this.#refusals.add(identity, remote, 'busy');
  }

  #refuse(socket: Duplex, status: RefusalStatus, claimed: string, remote: string, cause: RefusalCause): void {
    this.#refusals.add(claimed, remote, cause);
    answerAndDestroy(socket, status);
  }
}

function createHttp(limits: SouthServerLimits): Server {
  const http = createServer({
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.handshakeTimeoutMs,
    requestTimeout: limits.handshakeTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, limits.handshakeTimeoutMs),
  });
  http.maxConnections = limits.connectionsMax;
  http.on('request', (_request, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  http.on('clientError', (_error, socket) => {
    if (!socket.destroyed) answerAndDestroy(socket, 400);
  });
  return http;
}

function listen(http: Server, host: string, port: number): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      resolve({ port: (http.address() as AddressInfo).port });
    });
  });
}

function commonSubprotocol(offered: Iterable<string>): string | undefined {
  for (const name of offered) if (name.toLowerCase() === SUBPROTOCOL) return name;
  return undefined;
}

function refusalCause(verdict: GateVerdict): RefusalCause {
  if (verdict.outcome === 'accept') return 'badCredentials';
  return verdict.outcome === 'quarantine' ? 'quarantined' : 'rejected';
}

const REFUSAL_HEADS = {
  400: '400 Bad Request',
  401: '401 Unauthorized\r\nWWW-Authenticate: Basic realm="ocpp"',
  404: '404 Not Found',
  409: '409 Conflict',
} as const;
type RefusalStatus = keyof typeof REFUSAL_HEADS;

function answerAndDestroy(socket: Duplex, status: RefusalStatus): void {
  const head = `HTTP/1.1 ${REFUSAL_HEADS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
  socket.end(head, () => socket.destroy());
}
