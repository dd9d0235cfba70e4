import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** One CALL as the CPMS got it. */
export interface ReceivedCall {
  identity: string;
  /** Sockets are numbered over all stations, from 1. */
  connection: number;
  messageId: string;
  action: string;
  payload: Record<string, unknown>;
  /** The whole frame, as it came. */
  raw: string;
  /** CALLs of this socket that were still unanswered when this one came. */
  openBefore: number;
  /** Text of the CALLRESULT payload; null when it could not be sent, as the socket had gone. */
  answer: string | null;
}

/** The payload text that answers a CALL. */
export type Answerer = (call: Readonly<ReceivedCall>) => string;

/** A CPMS of plain `ws` and JSON.parse: whatever it says about the product shares no code with it. */
export class PlainCpms {
  readonly calls: ReceivedCall[] = [];
  /** Frames that are no CALL: answers of stations to our commands. */
  readonly answers: string[] = [];
  answerDelayMs = 0;
  /** Sockets that stations have opened so far. */
  connections = 0;
  readonly #answerer: Answerer;
  readonly #sockets = new Map<string, WebSocket>();
  #server: WebSocketServer | null = null;
  #port = 0;

  constructor(answerer: Answerer = answerWith(new Map())) {
    this.#answerer = answerer;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}/ocpp`;
  }

  get isHere(): boolean {
    return this.#server !== null;
  }

  hasStation(identity: string): boolean {
    return this.#sockets.has(identity);
  }

  /** Listens; the port stays the same over `goAway`. */
  async comeBack(): Promise<void> {
    if (this.#server) return;
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.#port, perMessageDeflate: false });
    this.#server = server;
    server.on('connection', (socket, request) => this.#connected(socket, request.url ?? ''));
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Listener and sockets are gone at once, without a goodbye. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of server?.clients ?? []) socket.terminate();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  /** Sends a frame to a station as it stands. */
  send(identity: string, frame: string): void {
    const socket = this.#sockets.get(identity);
    if (!socket) throw new Error(`${identity} is not connected to the CPMS`);
    socket.send(frame);
  }

  #connected(socket: WebSocket, url: string): void {
    const identity = decodeURIComponent(url.split('/').at(-1) ?? '');
    const connection = ++this.connections;
    this.#sockets.set(identity, socket);
    let open = 0;
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (this.#sockets.get(identity) === socket) this.#sockets.delete(identity);
    });
    socket.on('message', (data) => {
      const raw = String(data);
      const frame = JSON.parse(raw) as [number, string, string, Record<string, unknown>];
      if (frame[0] !== 2) {
        this.answers.push(raw);
        return;
      }
      const [, messageId, action, payload] = frame;
      const call = { identity, connection, messageId, action, payload, raw, openBefore: open, answer: null };
      this.calls.push(call);
      open += 1;
      setTimeout(() => {
        open -= 1;
        this.#answer(socket, call);
      }, this.answerDelayMs);
    });
  }

  #answer(socket: WebSocket, call: ReceivedCall): void {
    if (socket.readyState !== socket.OPEN) return;
    call.answer = this.#answerer(call);
    socket.send(`[3,${JSON.stringify(call.messageId)},${call.answer}]`);
  }
}

/**
 * Minimal answers of OCPP 1.6, with `special` ones by action. A StartTransaction under a new message id makes a new
 * transaction; the same one again gets the same answer.
 */
export function answerWith(special: ReadonlyMap<string, string>): Answerer {
  const transactionIds = new Map<string, number>();
  return (call) => {
    const own = special.get(call.action);
    if (own !== undefined) return own;
    switch (call.action) {
      case 'BootNotification':
        return `{"status":"Accepted","currentTime":"${new Date().toISOString()}","interval":300}`;
      case 'Heartbeat':
        return `{"currentTime":"${new Date().toISOString()}"}`;
      case 'Authorize':
        return '{"idTagInfo":{"status":"Accepted"}}';
      case 'StartTransaction': {
        const key = `${call.identity} ${call.messageId}`;
        const id = transactionIds.get(key) ?? transactionIds.size + 1;
        transactionIds.set(key, id);
        return `{"transactionId":${id},"idTagInfo":{"status":"Accepted"}}`;
      }
      case 'DataTransfer':
        return '{"status":"Accepted"}';
      case 'SignCertificate':
        return '{"status":"Accepted"}';
      default:
        return '{}';
    }
  };
}
