import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createListener,
  type Server as Listener,
  type Socket,
} from 'node:net';
import type { Duplex } from 'node:stream';
import type { PendingSockets } from './pending-sockets.ts';
import { answerAndDestroy } from './refusal-answers.ts';
import { secureContextOf, type TlsMaterial, tlsOptionsOf } from './tls-settings.ts';

export interface DoorOptions {
  listen: { host: string; port: number };
  /** Null: unencrypted. */
  tls: { material: TlsMaterial; asksCertificates: boolean } | null;
  /** Open TCP connections; further ones are dropped by the listener. */
  connectionsMax: number;
  headerBytesMax: number;
  pending: PendingSockets;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  onFailedHandshake(remote: string, detail: string): void;
}

/** One listening port for chargers, up to the request head: plain or TLS. */
export class Door {
  readonly isSecure: boolean;
  readonly #listen: DoorOptions['listen'];
  readonly #pending: PendingSockets;
  readonly #listener: Listener;
  /** Never listens: the listener hands each connection over, unread, when it is its turn. */
  readonly #server: Server;
  readonly #tlsServer: TlsServer | null;

  constructor(options: DoorOptions) {
    this.isSecure = options.tls !== null;
    this.#listen = options.listen;
    this.#pending = options.pending;
    // PendingSockets bounds the time of every stage, the head included.
    const http = { maxHeaderSize: options.headerBytesMax, headersTimeout: 0, requestTimeout: 0 };
    const { tls } = options;
    this.#tlsServer = tls
      ? createTlsServer({ ...http, ...tlsOptionsOf(tls.material, tls.asksCertificates) })
      : null;
    this.#server = this.#tlsServer ?? createServer(http);
    this.#listener = createListener({ pauseOnConnect: true, noDelay: true, allowHalfOpen: !this.isSecure });
    this.#listener.maxConnections = options.connectionsMax;
    this.#listener.on('connection', (socket) => this.#pending.take(socket, () => this.#handOver(socket)));
    this.#server.on('upgrade', options.onUpgrade);
    this.#server.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
    this.#server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      // What is no HTTP cannot be answered in HTTP.
      if (!socket.destroyed && error.code?.startsWith('HPE_')) answerAndDestroy(socket, 400);
      else socket.destroy();
    });
    this.#tlsServer?.on('secureConnection', (socket) => this.#pending.nextStage(socket));
    this.#tlsServer?.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      // A peer that only left, or that was cut for being slow, has failed at nothing.
      if (error.code === 'ECONNRESET' || socket.remoteAddress === undefined) return;
      options.onFailedHandshake(socket.remoteAddress, error.code ?? error.message);
    });
  }

  /** Rejects when the address cannot be bound. */
  listen(): Promise<number> {
    const listener = this.#listener;
    return new Promise((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(this.#listen.port, this.#listen.host, () => {
        listener.off('error', reject);
        resolve((listener.address() as AddressInfo).port);
      });
    });
  }

  /** From the next handshake on; connections that are open stay. Throws for material that does not fit together. */
  renew(material: TlsMaterial): void {
    this.#tlsServer?.setSecureContext(secureContextOf(material));
  }

  /** Resolves when the last connection is gone; those on their way in are for {@link PendingSockets} to end. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#listener.close(() => resolve());
    });
  }

  #handOver(socket: Socket): void {
    this.#server.emit('connection', socket);
    // TLS reads for itself.
    if (!this.isSecure) socket.resume();
  }
}
