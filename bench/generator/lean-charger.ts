import { connect, type Socket } from 'node:net';
import { FrameReader } from './frame-reader.ts';
import { clientFrame, pongFrame } from './frame-template.ts';
import { ChargerMessages, type MessageRow, setup } from './messages.ts';

/** `echo` peers give each frame back; `ocpp` peers answer CALLs and may send their own. */
export type PeerKind = 'echo' | 'ocpp';

export interface LeanChargerOptions {
  identity: string;
  port: number;
  peer: PeerKind;
  energyStepWh: number;
  /** An answer to the last CALL; `isError` for a CALLERROR. */
  onAnswer(charger: LeanCharger, isError: boolean): void;
  onLost(charger: LeanCharger, why: string): void;
}

const CHAR_2 = 0x32;
const CHAR_4 = 0x34;
/** Transactions of peers that start none carry this number. */
const UNSTARTED = 1_073_741_824;
const HANDSHAKE_TIMEOUT_MS = 20_000;
const SETUP_TIMEOUT_MS = 60_000;

/** A charger that costs next to nothing: raw TCP, ready-made frames, one CALL outstanding. */
export class LeanCharger {
  readonly identity: string;
  sentAtMicros = 0;
  isWaiting = false;
  readonly #options: LeanChargerOptions;
  readonly #socket: Socket;
  readonly #reader: FrameReader;
  #head = '';
  #isUpgraded = false;
  #isOver = false;
  #messages: ChargerMessages;
  #setupCalls = 0;
  #awaited: ((payload: unknown) => void) | undefined;

  constructor(options: LeanChargerOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.#messages = new ChargerMessages(UNSTARTED, timestamp(), options.energyStepWh);
    this.#reader = new FrameReader({
      onText: (bytes) => this.#onText(bytes),
      onPing: (bytes) => this.#socket.write(pongFrame(bytes)),
      onClose: () => this.#lost('the server closed'),
    });
    this.#socket = connect(options.port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk) => {
      if (this.#isUpgraded) this.#reader.push(chunk);
      else this.#onHead(chunk);
    });
    this.#socket.on('error', (error) => this.#lost(error.message));
    this.#socket.on('close', () => this.#lost('the connection closed'));
    this.#socket.write(
      `GET /${options.identity} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: aG9sZGZhc3QtYmVuY2gtMQ==\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n',
    );
  }

  opened(): Promise<void> {
    return this.#within(HANDSHAKE_TIMEOUT_MS, 'the upgrade', (done) => {
      this.#onOpen = done;
      if (this.#isUpgraded) done();
    });
  }

  /** Boots, reports two connectors and starts a transaction on the first. */
  async startTransaction(): Promise<void> {
    const now = timestamp();
    await this.#call((id) => setup.boot(id));
    for (const connector of [0, 1, 2])
      await this.#call((id) => setup.status(id, connector, 'Available', now));
    const answer = (await this.#call((id) => setup.start(id, now))) as { transactionId: number };
    await this.#call((id) => setup.status(id, 1, 'Charging', now));
    this.#messages = new ChargerMessages(answer.transactionId, now, this.#options.energyStepWh);
  }

  send(row: MessageRow): void {
    this.isWaiting = true;
    this.#socket.write(this.#messages.next(row));
  }

  close(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #onOpen: () => void = () => {};

  #call(textOf: (id: number) => string): Promise<unknown> {
    this.#setupCalls += 1;
    const text = textOf(this.#setupCalls);
    return this.#within(SETUP_TIMEOUT_MS, text, (done) => {
      this.#awaited = done;
      this.#socket.write(clientFrame(text));
    });
  }

  #within<T>(timeoutMs: number, what: string, begin: (done: (value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(
        () => reject(new Error(`${this.identity}: no answer within ${timeoutMs} ms to ${what}`)),
        timeoutMs,
      );
      begin((value) => {
        clearTimeout(deadline);
        resolve(value);
      });
    });
  }

  #onHead(chunk: Buffer): void {
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!this.#head.startsWith('HTTP/1.1 101')) {
      this.#lost(`refused: ${this.#head.slice(0, this.#head.indexOf('\r\n'))}`);
      return;
    }
    this.#isUpgraded = true;
    this.#onOpen();
    const rest = Buffer.from(this.#head.slice(end + 4), 'latin1');
    if (rest.length > 0) this.#reader.push(rest);
  }

  #onText(bytes: Buffer): void {
    const messageType = bytes[1];
    if (messageType === CHAR_2 && this.#options.peer === 'ocpp') this.#answer(bytes);
    else if (this.#awaited) this.#settleSetup(bytes);
    else if (this.isWaiting) {
      this.isWaiting = false;
      this.#options.onAnswer(this, messageType === CHAR_4);
    }
  }

  #settleSetup(bytes: Buffer): void {
    const settle = this.#awaited!;
    this.#awaited = undefined;
    const [type, , payload] = JSON.parse(bytes.toString()) as [number, string, unknown];
    if (type === 3) settle(payload);
    else this.#lost(`set-up was answered with ${bytes.toString().slice(0, 200)}`);
  }

  /** Whatever the controller asks for is accepted at once. */
  #answer(bytes: Buffer): void {
    const [, id, action] = JSON.parse(bytes.toString()) as [number, string, string];
    const payload =
      action === 'GetConfiguration' ? { configurationKey: [], unknownKey: [] } : { status: 'Accepted' };
    this.#socket.write(clientFrame(JSON.stringify([3, id, payload])));
  }

  #lost(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#options.onLost(this, why);
  }
}

function timestamp(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
