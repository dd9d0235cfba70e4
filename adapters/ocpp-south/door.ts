import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
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
    this.#server.maxConnections = options.connectionsMax;
    this.#server.on('connection', (socket: Socket) => this.#pending.take(socket));
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
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#listen.port, this.#listen.host, () => {
        server.off('error', reject);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  /** From the next handshake on; connections that are open stay. Throws for material that does not fit together. */
  renew(material: TlsMaterial): void {
    this.#tlsServer?.setSecureContext(secureContextOf(material));
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
