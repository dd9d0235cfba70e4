import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { FIRST_VERSION, type OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { chosenOf, subprotocolOf, versionOfSocket } from '../ocpp/subprotocol.ts';
import { WS_BOUNDS, WsFrameSocket } from '../ocpp/ws-frame-socket.ts';
import { Admission, type GateVerdict } from './admission.ts';
import type { SecretKeeper } from './credentials.ts';
import { Door } from './door.ts';
import type { ConnectedCharger, SouthGateway } from './gateway.ts';
import { identityOfUrl } from './identity.ts';
import { PendingSockets } from './pending-sockets.ts';
import { answerAndDestroy, type RefusalStatus } from './refusal-answers.ts';
import { type RefusalCause, Refusals, type RefusedConnection } from './refusals.ts';
import { cutStalledFrames } from './stalled-frame.ts';
import type { TlsMaterial } from './tls-settings.ts';

export interface SouthServerOptions {
  /** Null: nothing is taken unencrypted. */
  listen: { host: string; port: number } | null;
  listenTls: { host: string; port: number; material: TlsMaterial; asksCertificates: boolean } | null;
  clock: Clock;
  log: Log;
  gateway: SouthGateway;
  keeper: SecretKeeper;
  gate(identity: string, remote: string): GateVerdict;
  /** What chargers may speak; each socket anew. */
  versions: readonly OcppVersion[];
  /** True: it is turned away for now (503), although it proved who it is. */
  isClosedOut?(identity: string): boolean;
  /** A second socket proved to be this charger while the first one is alive; it was refused. */
  onContested?(identity: string, remote: string): void;
  /** Field quirk: chargers that offer no subprotocol are let in with 1.6, and shown as such. Default true. */
  allowMissingSubprotocol?: boolean;
  limits?: Partial<SouthServerLimits>;
}

export interface SouthServerLimits {
  /** Bytes of one message; larger closes the socket (1009). */
  frameBytesMax: number;
  /** Open TCP connections per port; further ones are dropped by the listener. */
  connectionsMax: number;
  headerBytesMax: number;
  /** Connections of one address that may be on their way in at once; further ones wait for their turn. */
  pendingPerAddressMax: number;
  /** Connections that may wait, in all, and half as many of one address; a further one is dropped. */
  waitingMax: number;
  /** Who waited this long is dropped. */
  waitMs: number;
  /** For the TLS handshake, and again from there to the end of the login. */
  handshakeTimeoutMs: number;
  /** Refused logins are answered a multiple of this after the request, so that the time tells nothing of the work. */
  refusalStepMs: number;
  /** A frame that was begun and is not gone on with for this long ends its socket. */
  frameStallMs: number;
}

/** The listener for chargers: everything between a TCP connection and an authenticated socket at the gateway. */
export interface SouthServer {
  /** Gives the ports, null for one that is not opened. Rejects when an address cannot be bound. */
  listen(): Promise<{ port: number | null; tlsPort: number | null }>;
  /** New certificates, from the next handshake on. Throws, and keeps the old ones, when they do not fit together. */
  renew(material: TlsMaterial): void;
  /** Refused connections, newest first, for the technician. */
  refused(): RefusedConnection[];
  /** Stops listening and destroys what is left; the gateway closes its sockets itself, before. */
  close(): Promise<void>;
}

const DEFAULT_LIMITS: SouthServerLimits = {
  frameBytesMax: 256 * 1024,
  connectionsMax: 4_096,
  headerBytesMax: 8_192,
  pendingPerAddressMax: 128,
  waitingMax: 1_024,
  waitMs: 20_000,
  handshakeTimeoutMs: 5_000,
  refusalStepMs: 250,
  frameStallMs: 10_000,
};
const PROTOCOL_ERROR = 1002;

/** One connection attempt on its way through the checks. */
interface Knock {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
  identity: string;
  remote: string;
  isSecure: boolean;
  startedMs: number;
}

/** A knock that proved who it is. */
interface Guest extends Knock {
  clientKey: string | null;
}

export function createSouthServer(options: SouthServerOptions): SouthServer {
  return new Listener(options);
}

class Listener implements SouthServer {
  readonly #options: SouthServerOptions;
  readonly #limits: SouthServerLimits;
  readonly #refusals: Refusals;
  readonly #admission: Admission;
  readonly #pending: PendingSockets;
  readonly #plainDoor: Door | null;
  readonly #tlsDoor: Door | null;
  readonly #wss: WebSocketServer;
  /** Identities whose old socket is being probed for a newcomer: one at a time. */
  readonly #probing = new Set<string>();

  constructor(options: SouthServerOptions) {
    this.#options = options;
    const { clock, log, listen, listenTls } = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#refusals = new Refusals(clock, log);
    this.#admission = new Admission(options);
    this.#pending = new PendingSockets({
      clock,
      perSourceMax: this.#limits.pendingPerAddressMax,
      waitingMax: this.#limits.waitingMax,
      waitMs: this.#limits.waitMs,
      stageMs: this.#limits.handshakeTimeoutMs,
      onRefused: (remote, cause) => this.#refusals.add('', remote, cause),
    });
    this.#wss = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: this.#limits.frameBytesMax,
      ...WS_BOUNDS,
      // No common subprotocol: the handshake ends without one and the socket is closed (OCPP-J 1.6, 3.1.2).
      handleProtocols: (offered) => chosenOf(offered, options.versions) ?? false,
    });
    this.#plainDoor = listen === null ? null : this.#door(listen, null);
    this.#tlsDoor = listenTls === null ? null : this.#door(listenTls, listenTls);
  }

  async listen(): Promise<{ port: number | null; tlsPort: number | null }> {
    const port = (await this.#plainDoor?.listen()) ?? null;
    try {
      return { port, tlsPort: (await this.#tlsDoor?.listen()) ?? null };
    } catch (error) {
      await this.#plainDoor?.close();
      throw error;
    }
  }

  renew(material: TlsMaterial): void {
    this.#tlsDoor?.renew(material);
  }

  refused(): RefusedConnection[] {
    return this.#refusals.list();
  }

  async close(): Promise<void> {
    const closed = [this.#plainDoor?.close(), this.#tlsDoor?.close()];
    this.#pending.destroyAll();
    await Promise.all(closed);
  }

  #door(listen: { host: string; port: number }, tls: SouthServerOptions['listenTls']): Door {
    const { connectionsMax, headerBytesMax } = this.#limits;
    return new Door({
      listen,
      tls,
      connectionsMax,
      headerBytesMax,
      pending: this.#pending,
      onUpgrade: (request, socket, head) => this.#onUpgrade(request, socket, head, tls !== null),
      onFailedHandshake: (remote, detail) => this.#refusals.add('', remote, 'tlsHandshake', detail),
    });
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, isSecure: boolean): void {
    // Unheard, an error of the peer during the handshake would end the process.
    socket.on('error', () => socket.destroy());
    const remote = request.socket.remoteAddress ?? 'unknown';
    const url = request.url ?? '';
    // Without a version the rest of the request line would be read as headers (HTTP 0.9).
    const identity = request.httpVersion === '1.1' ? identityOfUrl(url) : null;
    if (identity === null) {
      this.#refuse(socket, 404, url, remote, 'badUrl');
      return;
    }
    const startedMs = this.#options.clock.monotonicMs();
    this.#admit({ request, socket, head, identity, remote, isSecure, startedMs }).catch((error: unknown) => {
      this.#options.log.error({ err: error, remote }, 'login could not be judged');
      socket.destroy();
    });
  }

  async #admit(knock: Knock): Promise<void> {
    const { request, identity, remote, socket } = knock;
    const verdict = await this.#admission.judge(request, identity, remote);
    if (!verdict.isIn) {
      this.#refusals.add(identity, remote, verdict.cause, verdict.detail);
      this.#answerAtStep(knock, 401);
      return;
    }
    if (this.#options.isClosedOut?.(identity)) {
      this.#refuse(socket, 503, identity, remote, 'backendAway');
      return;
    }
    this.#pending.settle(request.socket);
    const guest: Guest = { ...knock, clientKey: verdict.clientKey };
    const current = this.#options.gateway.connected(identity);
    if (socket.destroyed) return;
    if (current === undefined || isSameClient(current, guest)) this.#upgrade(guest);
    else this.#contest(guest, current);
  }

  /** A second socket for one identity, from another client, wins only if the first stays silent to a ping. */
  #contest(guest: Guest, current: ConnectedCharger): void {
    const { socket, identity, remote } = guest;
    const { gateway, clock } = this.#options;
    if (this.#probing.has(identity)) {
      this.#refuse(socket, 409, identity, remote, 'alreadyConnected');
      return;
    }
    this.#probing.add(identity);
    // Deferred: the verdict also comes while the gateway is about to put another socket in the old one's place.
    gateway.probe(identity, (isAlive) => clock.defer(() => this.#decide(guest, current, isAlive)));
  }

  #decide(guest: Guest, probed: ConnectedCharger, isAlive: boolean): void {
    const { socket, identity, remote } = guest;
    const { gateway, log, onContested } = this.#options;
    this.#probing.delete(identity);
    const now = gateway.connected(identity);
    // The charger may have come back on another socket meanwhile, which nobody has probed.
    const isReplaced = now !== undefined && now.socketId !== probed.socketId;
    if (!isAlive && !isReplaced) {
      this.#upgrade(guest);
      return;
    }
    log.error({ charger: identity, remote }, 'second socket refused: the first one is alive');
    onContested?.(identity, remote);
    this.#refuse(socket, 409, identity, remote, 'alreadyConnected');
  }

  #upgrade(guest: Guest): void {
    if (guest.socket.destroyed) return;
    this.#wss.handleUpgrade(guest.request, guest.socket, guest.head, (ws) => this.#greet(ws, guest));
  }

  #greet(ws: WebSocket, guest: Guest): void {
    const { request, identity, remote, isSecure, clientKey } = guest;
    cutStalledFrames(ws, guest.socket, this.#options.clock, this.#limits.frameStallMs);
    const socket = new WsFrameSocket(ws);
    const hasOffer = request.headers['sec-websocket-protocol'] !== undefined;
    const { versions, allowMissingSubprotocol = true } = this.#options;
    const isMissingAllowed = !hasOffer && allowMissingSubprotocol && versions.includes(FIRST_VERSION);
    if (ws.protocol === '' && !isMissingAllowed) {
      this.#refusals.add(identity, remote, 'noCommonSubprotocol');
      socket.close(PROTOCOL_ERROR, `spoken here: ${versions.map(subprotocolOf).join(', ')}`);
      return;
    }
    const info = {
      subprotocol: subprotocolOf(versionOfSocket(ws.protocol)),
      remote,
      subprotocolMissing: !hasOffer,
      isSecure,
      clientKey,
    };
    const socketId = this.#options.gateway.attach(identity, socket, info);
    if (socketId === null) this.#refusals.add(identity, remote, 'busy');
  }

  #answerAtStep({ socket, startedMs }: Knock, status: RefusalStatus): void {
    const { clock } = this.#options;
    const step = this.#limits.refusalStepMs;
    const elapsedMs = clock.monotonicMs() - startedMs;
    const dueMs = (Math.floor(elapsedMs / step) + 1) * step;
    clock.setTimer(dueMs - elapsedMs, () => {
      if (!socket.destroyed) answerAndDestroy(socket, status);
    });
  }

  #refuse(socket: Duplex, status: RefusalStatus, claimed: string, remote: string, cause: RefusalCause): void {
    this.#refusals.add(claimed, remote, cause);
    answerAndDestroy(socket, status);
  }
}

/**
 * A charger that comes back before its old socket was missed: by its certificate's key where it has one, else by its
 * address, and on no weaker transport.
 */
function isSameClient(current: ConnectedCharger, guest: Guest): boolean {
  if (current.clientKey !== null || guest.clientKey !== null) return current.clientKey === guest.clientKey;
  return current.remote === guest.remote && current.isSecure === guest.isSecure;
}
