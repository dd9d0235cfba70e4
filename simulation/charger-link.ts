import { WebSocket } from 'ws';
import { FIRST_VERSION } from '../machines/shared/ocpp-version.ts';
import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { SimulatedChargerOptions } from './charger-options.ts';
import {
  type CallError,
  callFrame,
  errorFrame,
  type Frame,
  type Payload,
  readFrame,
  resultFrame,
} from './ocpp-j.ts';
import type { Prng } from './prng.ts';
import type { TransactionMessage } from './transaction-message.ts';
import type { TransactionQueue } from './transaction-queue.ts';

/** How a CALL that is not kept ended. */
export type CallOutcome =
  | { kind: 'result'; payload: Payload }
  | { kind: 'error'; error: CallError }
  | { kind: 'timeout' }
  | { kind: 'closed' };

/** The charger's answer to a command, and what it does once the answer is out. */
export interface CommandAnswer {
  payload?: Payload;
  error?: CallError;
  afterwards?: () => void;
}

export interface LinkEvents {
  opened(): void;
  closed(): void;
  called(action: string, payload: Payload): CommandAnswer;
  /** A transaction message is sent: for the first time, or as it was then. */
  sealed(message: TransactionMessage): Payload;
  /** A transaction message got its CALLRESULT. */
  settled(message: TransactionMessage, answer: Payload): void;
}

interface PlainCall {
  action: string;
  payload: Payload;
  resolve: (outcome: CallOutcome) => void;
}

interface InFlight {
  messageId: string;
  plain: PlainCall | null;
  timer: TimerHandle;
}

/** CALLs in waiting that are not kept; beyond it a new one counts as `closed`. */
const PLAIN_CALLS_MAX = 200;
const ERROR_RETRY_FIRST_MS = 1_000;
const HANDSHAKE_TIMEOUT_MS = 5_000;

/** The charger's side of its socket: one CALL in flight, reconnects, and repeats what is in doubt. */
export class ChargerLink {
  readonly #options: SimulatedChargerOptions;
  readonly #clock: Clock;
  readonly #random: Prng;
  readonly #queue: TransactionQueue;
  readonly #events: LinkEvents;
  readonly #plainCalls: PlainCall[] = [];
  #socket: WebSocket | null = null;
  #isOpen = false;
  #isBooted = false;
  #inFlight: InFlight | null = null;
  #pausedUntilMs = 0;
  #reconnectMs: number;
  #reconnectTimer: TimerHandle | null = null;
  #wanted = false;

  constructor(options: SimulatedChargerOptions, random: Prng, queue: TransactionQueue, events: LinkEvents) {
    this.#options = options;
    this.#clock = options.clock;
    this.#random = random;
    this.#queue = queue;
    this.#events = events;
    this.#reconnectMs = options.reconnectFirstMs ?? 500;
  }

  /** Open and past BootNotification: anything may be sent. */
  get isReady(): boolean {
    return this.#isOpen && this.#isBooted;
  }

  setBooted(isBooted: boolean): void {
    this.#isBooted = isBooted;
    this.pump();
  }

  /** Connects, and reconnects from now on. */
  connect(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#reconnectMs = this.#options.reconnectFirstMs ?? 500;
    this.#dial();
  }

  /** The cable is out: the socket is gone without a goodbye and nothing is tried until `connect`. */
  cut(): void {
    this.#wanted = false;
    if (this.#reconnectTimer) this.#clock.clearTimer(this.#reconnectTimer);
    this.#reconnectTimer = null;
    const socket = this.#socket;
    this.#closed(socket);
    socket?.terminate();
  }

  /** Sends a CALL that is forgotten when the link is lost. */
  request(action: string, payload: Payload): Promise<CallOutcome> {
    return new Promise((resolve) => {
      if (!this.#isOpen || this.#plainCalls.length >= PLAIN_CALLS_MAX) {
        resolve({ kind: 'closed' });
        return;
      }
      this.#plainCalls.push({ action, payload, resolve });
      this.pump();
    });
  }

  /** Sends the next CALL if none is in flight: BootNotification alone until accepted, then plain ones, then kept ones. */
  pump(): void {
    if (!this.#isOpen || this.#inFlight) return;
    const plain = this.#nextPlain();
    if (plain) {
      this.#send(this.#random.uuid(), plain.action, plain.payload, plain);
      return;
    }
    const head = this.#isBooted && this.#clock.monotonicMs() >= this.#pausedUntilMs ? this.#queue.head : null;
    if (!head) return;
    const messageId = this.#messageIdFor(head);
    if (head.messageIds.at(-1) !== messageId) head.messageIds.push(messageId);
    this.#send(messageId, head.action, this.#events.sealed(head), null);
  }

  #nextPlain(): PlainCall | null {
    if (this.#isBooted) return this.#plainCalls.shift() ?? null;
    const index = this.#plainCalls.findIndex((call) => call.action === 'BootNotification');
    return index < 0 ? null : this.#plainCalls.splice(index, 1)[0]!;
  }

  #messageIdFor(head: TransactionMessage): string {
    const last = head.messageIds.at(-1);
    const policy = this.#options.quirks?.repeatId ?? 'same';
    if (!last || policy === 'new' || (policy === 'seeded' && this.#random.chance(0.5)))
      return this.#random.uuid();
    return last;
  }

  #send(messageId: string, action: string, payload: Payload, plain: PlainCall | null): void {
    const timer = this.#clock.setTimer(this.#options.callTimeoutMs ?? 30_000, () =>
      this.#timedOut(messageId),
    );
    this.#inFlight = { messageId, plain, timer };
    this.#socket!.send(callFrame(messageId, action, payload));
  }

  #timedOut(messageId: string): void {
    if (this.#inFlight?.messageId !== messageId) return;
    const { plain } = this.#inFlight;
    this.#inFlight = null;
    plain?.resolve({ kind: 'timeout' });
    this.pump();
  }

  #dial(): void {
    const { url, identity, password, version = FIRST_VERSION } = this.#options;
    const address = `${url.replace(/\/+$/, '')}/${encodeURIComponent(identity)}`;
    const socket = new WebSocket(address, [`ocpp${version}`], {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      ...(password === undefined ? {} : { auth: `${identity}:${password}` }),
    });
    this.#socket = socket;
    socket.on('open', () => this.#opened(socket));
    socket.on('message', (data) => this.#received(socket, String(data)));
    socket.on('close', () => this.#closed(socket));
    // Without a listener a refused connection would end the process; `close` follows anyway.
    socket.on('error', () => this.#closed(socket));
  }

  #opened(socket: WebSocket): void {
    if (socket !== this.#socket) {
      socket.terminate();
      return;
    }
    this.#isOpen = true;
    this.#reconnectMs = this.#options.reconnectFirstMs ?? 500;
    this.#events.opened();
    this.pump();
  }

  #closed(socket: WebSocket | null): void {
    if (!socket || socket !== this.#socket) return;
    this.#socket = null;
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    const { plain, timer } = this.#inFlight ?? { plain: null, timer: null };
    if (timer) this.#clock.clearTimer(timer);
    this.#inFlight = null;
    if (wasOpen) this.#events.closed();
    for (const call of [...(plain ? [plain] : []), ...this.#plainCalls.splice(0)])
      call.resolve({ kind: 'closed' });
    if (this.#wanted) this.#reconnectLater();
  }

  #reconnectLater(): void {
    const waitMs = Math.round(this.#reconnectMs * (0.5 + this.#random.next()));
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, this.#options.reconnectMaxMs ?? 10_000);
    this.#reconnectTimer = this.#clock.setTimer(waitMs, () => {
      this.#reconnectTimer = null;
      if (this.#wanted) this.#dial();
    });
  }

  #received(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    const frame = readFrame(text);
    if (frame.kind === 'call') this.#command(socket, frame.messageId, frame.action, frame.payload);
    else if (frame.kind !== 'unreadable') this.#answered(frame);
  }

  #command(socket: WebSocket, messageId: string, action: string, payload: Payload): void {
    const answer = this.#events.called(action, payload);
    const text = answer.error
      ? errorFrame(messageId, answer.error)
      : resultFrame(messageId, answer.payload ?? {});
    const speak = (): void => {
      if (socket === this.#socket && this.#isOpen) socket.send(text);
      answer.afterwards?.();
      this.pump();
    };
    const delayMs = this.#options.quirks?.slowAnswersMs ?? 0;
    if (delayMs > 0) this.#clock.setTimer(delayMs, speak);
    else speak();
  }

  /** An answer to anything but the CALL in flight is late or foreign: ignored, as the message is repeated anyway. */
  #answered(frame: Exclude<Frame, { kind: 'call' | 'unreadable' }>): void {
    if (this.#inFlight?.messageId !== frame.messageId) return;
    const { plain, timer } = this.#inFlight;
    this.#clock.clearTimer(timer);
    this.#inFlight = null;
    if (plain) plain.resolve(outcomeOf(frame));
    else if (frame.kind === 'result') this.#settle(frame.payload);
    else this.#pausedUntilMs = this.#clock.monotonicMs() + this.#queue.failed(ERROR_RETRY_FIRST_MS);
    this.pump();
  }

  #settle(answer: Payload): void {
    const head = this.#queue.head!;
    this.#queue.settle();
    this.#events.settled(head, answer);
  }
}

function outcomeOf(frame: Exclude<Frame, { kind: 'call' | 'unreadable' }>): CallOutcome {
  if (frame.kind === 'result') return { kind: 'result', payload: frame.payload };
  return { kind: 'error', error: { code: frame.code, description: frame.description } };
}
