import type { FrameSocket } from '../adapters/ocpp/frame-socket.ts';
import type { Clock } from '../runtime/clock.ts';

export interface MemoryLinkOptions {
  clock: Clock;
  /** One way. Default 0: delivered in the next turn of the clock. */
  delayMs?: number;
  /** Bytes one side may have under way; beyond it the sender is cut, as with a real socket. Default 1 MiB. */
  bufferedBytesMax?: number;
}

/** Two ends of one connection, and the network between them. */
export interface MemoryLink {
  readonly ends: readonly [FrameSocket, FrameSocket];
  /** The network loses its path: nothing arrives on either side, and neither side is told. */
  stall(): void;
  /** The path is back; what was sent meanwhile arrives, in order. */
  resume(): void;
}

type Delivery =
  | { kind: 'text'; text: string }
  | { kind: 'ping' }
  | { kind: 'pong' }
  | { kind: 'close'; code: number; reason: string };

const BUFFERED_BYTES_MAX = 1024 * 1024;
const ABNORMAL_CLOSURE = 1006;
/** A peer that does not echo the close by then is given up. */
const CLOSE_TIMEOUT_MS = 5_000;

/** A WebSocket without a network: the same order of events every time, under the given clock. */
export function createMemoryLink(options: MemoryLinkOptions): MemoryLink {
  const a = new MemoryEnd(options);
  const b = new MemoryEnd(options);
  a.join(b);
  b.join(a);
  return {
    ends: [a, b],
    stall: () => {
      a.setStalled(true);
      b.setStalled(true);
    },
    resume: () => {
      a.setStalled(false);
      b.setStalled(false);
    },
  };
}

class MemoryEnd implements FrameSocket {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #bufferedBytesMax: number;
  #peer: MemoryEnd | null = null;
  /** Sent by this side and not taken by the other yet, oldest first. */
  #underWay: Delivery[] = [];
  /** Deliveries whose time has come while the path was stalled or the peer paused. */
  #ripe = 0;
  #bufferedBytes = 0;
  #isClosing = false;
  #isClosed = false;
  #isStalled = false;
  #isPaused = false;
  #receive: ((text: string) => void) | null = null;
  #onClose: ((code: number, reason: string) => void) | null = null;
  #onPong: (() => void) | null = null;

  constructor(options: MemoryLinkOptions) {
    this.#clock = options.clock;
    this.#delayMs = options.delayMs ?? 0;
    this.#bufferedBytesMax = options.bufferedBytesMax ?? BUFFERED_BYTES_MAX;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  join(peer: MemoryEnd): void {
    this.#peer = peer;
  }

  setStalled(isStalled: boolean): void {
    this.#isStalled = isStalled;
    this.#flush();
  }

  send(text: string): boolean {
    if (this.#isClosing || this.#isClosed) return false;
    if (this.#bufferedBytes > this.#bufferedBytesMax) {
      this.terminate();
      return false;
    }
    this.#bufferedBytes += Buffer.byteLength(text);
    this.#post({ kind: 'text', text });
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#isClosing || this.#isClosed) return;
    this.#isClosing = true;
    this.resume();
    this.#post({ kind: 'close', code, reason });
    this.#clock.setTimer(CLOSE_TIMEOUT_MS, () => this.#finish(ABNORMAL_CLOSURE, ''));
  }

  terminate(): void {
    if (this.#isClosed) return;
    this.#clock.defer(() => this.#finish(ABNORMAL_CLOSURE, ''));
    this.#isClosing = true;
    this.#underWay = [];
    this.#ripe = 0;
    this.#bufferedBytes = 0;
    this.#post({ kind: 'close', code: ABNORMAL_CLOSURE, reason: '' });
  }

  ping(): void {
    if (!this.#isClosing && !this.#isClosed) this.#post({ kind: 'ping' });
  }

  onText(receive: (text: string) => void): void {
    this.#receive = receive;
  }

  onClose(listen: (code: number, reason: string) => void): void {
    this.#onClose = listen;
  }

  onPong(listen: () => void): void {
    this.#onPong = listen;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#peer!.#flush();
  }

  #post(delivery: Delivery): void {
    this.#underWay.push(delivery);
    const ripen = (): void => {
      this.#ripe += 1;
      this.#flush();
    };
    if (this.#delayMs > 0) this.#clock.setTimer(this.#delayMs, ripen);
    else this.#clock.defer(ripen);
  }

  #flush(): void {
    while (this.#ripe > 0 && !this.#isStalled && !this.#peer!.#isPaused) {
      this.#ripe -= 1;
      const delivery = this.#underWay.shift();
      // What was under way when this side was cut is gone; its timers still fire.
      if (!delivery) return;
      if (delivery.kind === 'text') this.#bufferedBytes -= Buffer.byteLength(delivery.text);
      this.#peer!.#take(delivery);
    }
  }

  #take(delivery: Delivery): void {
    if (this.#isClosed) return;
    if (delivery.kind === 'text') this.#receive?.(delivery.text);
    else if (delivery.kind === 'ping') this.#post({ kind: 'pong' });
    else if (delivery.kind === 'pong') this.#onPong?.();
    else this.#takeClose(delivery.code, delivery.reason);
  }

  /** The closing handshake: the side that did not ask echoes, and both are told the same code. */
  #takeClose(code: number, reason: string): void {
    if (!this.#isClosing && code !== ABNORMAL_CLOSURE) this.#post({ kind: 'close', code, reason });
    this.#isClosing = true;
    this.#finish(code, reason);
  }

  #finish(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose?.(code, reason);
  }
}
