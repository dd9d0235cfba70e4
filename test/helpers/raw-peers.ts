import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { SystemClock } from '../../runtime/system-clock.ts';
import { CpmsAnswers } from '../../simulation/cpms-answers.ts';
import type { CpmsCall } from '../../simulation/cpms-options.ts';
import type { Payload } from '../../simulation/ocpp-j.ts';

/** A charger's side of an OCPP-J socket with nothing behind it: it accepts every command and notes how it was closed. */
export class RawCharger {
  readonly closed: Promise<{ code: number }>;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (answer: Payload) => void>();
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = once(socket, 'close').then(([code]) => ({ code: code as number }));
    socket.on('message', (data) => {
      const [kind, id, third] = JSON.parse(String(data)) as [number, string, Payload];
      if (kind === 2) socket.send(JSON.stringify([3, id, { status: 'Accepted' }]));
      else if (kind === 3) this.#waiting.get(id)?.(third);
    });
  }

  static async connect(url: string, identity: string): Promise<RawCharger> {
    const socket = new WebSocket(`${url}/${identity}`, ['ocpp1.6']);
    const charger = new RawCharger(socket);
    await once(socket, 'open');
    return charger;
  }

  /** Sends a CALL and resolves with the payload of its CALLRESULT. */
  call(action: string, payload: Payload): Promise<Payload> {
    const id = `raw-${++this.#count}`;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify([2, id, action, payload]));
    });
  }

  boot(): Promise<Payload> {
    return this.call('BootNotification', { chargePointVendor: 'Raw', chargePointModel: 'R1' });
  }

  status(status: string): Promise<Payload> {
    return this.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status });
  }
}

/** A CPMS that notes the close code of each socket. */
export class RawCpms {
  readonly calls: CpmsCall[] = [];
  readonly closeCodes: number[] = [];
  readonly #server: WebSocketServer;
  readonly #answers = new CpmsAnswers({ clock: new SystemClock() });

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      const identity = String(request.url).split('/').at(-1)!;
      socket.on('message', (data) => this.#received(socket, identity, String(data)));
      socket.on('close', (code) => this.closeCodes.push(code));
    });
  }

  static async start(): Promise<RawCpms> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => 'ocpp1.6' });
    await once(server, 'listening');
    return new RawCpms(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  get open(): number {
    return this.#server.clients.size;
  }

  stop(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #received(socket: WebSocket, identity: string, raw: string): void {
    const [kind, messageId, action, payload] = JSON.parse(raw) as [number, string, string, Payload];
    if (kind !== 2) return;
    const call: CpmsCall = {
      ...{ identity, connection: 0, messageId, action, payload, raw, receivedAtMs: Date.now() },
      ...{ version: '1.6', outcome: 'result', answer: null },
    };
    this.calls.push(call);
    const answer = this.#answers.answer(call);
    if ('payload' in answer) socket.send(JSON.stringify([3, messageId, answer.payload]));
  }
}
