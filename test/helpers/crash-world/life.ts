import type { FrameSocket } from '../../../adapters/ocpp/frame-socket.ts';
import type { Bus, BusMessage, BusStatus } from '../../../runtime/bus/bus.ts';
import { InProcessBus } from '../../../runtime/bus/in-process-bus.ts';
import type { Clock, TimerHandle } from '../../../runtime/clock.ts';
import { silentLog } from '../../../runtime/log.ts';
import type { VirtualClock } from '../../../simulation/virtual-clock.ts';

/**
 * One life of the product's process: every port call it makes is counted, and at a chosen one it dies. After its
 * death nothing it does has any effect, and nothing reaches it.
 */
export class Life {
  isOver = false;
  portCalls = 0;
  readonly #dieAtCall: number;
  readonly #onDeath: () => void;
  readonly sockets: FrameSocket[] = [];

  constructor(dieAtCall: number, onDeath: () => void) {
    this.#dieAtCall = dieAtCall;
    this.#onDeath = onDeath;
  }

  /** A point at which the process may die; false when it is dead (now). */
  portCall(): boolean {
    if (this.isOver) return false;
    this.portCalls += 1;
    if (this.portCalls === this.#dieAtCall) this.end();
    return !this.isOver;
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#onDeath();
    for (const socket of this.sockets) socket.terminate();
  }
}

/** The world's clock as one process sees it: its timers die with it. */
export class MortalClock implements Clock {
  readonly #clock: VirtualClock;
  readonly #life: Life;

  constructor(clock: VirtualClock, life: Life) {
    this.#clock = clock;
    this.#life = life;
  }

  get bootId(): string {
    return this.#clock.bootId;
  }

  get trust(): Clock['trust'] {
    return this.#clock.trust;
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimer(delayMs: number, fn: () => void): TimerHandle {
    return this.#clock.setTimer(delayMs, () => {
      if (!this.#life.isOver) fn();
    });
  }

  clearTimer(handle: TimerHandle): void {
    this.#clock.clearTimer(handle);
  }

  defer(fn: () => void): void {
    this.setTimer(0, fn);
  }
}

/** The product's end of a socket: sends are port calls, and the dead neither send nor hear. */
export function mortalSocket(socket: FrameSocket, life: Life): FrameSocket {
  life.sockets.push(socket);
  const heard =
    <A extends unknown[]>(listen: (...args: A) => void) =>
    (...args: A): void => {
      if (!life.isOver) listen(...args);
    };
  return {
    // Two points: before the effect, and after it but before the caller knows.
    send: (text) => life.portCall() && socket.send(text) && life.portCall(),
    close: (code, reason) => {
      if (life.portCall()) socket.close(code, reason);
    },
    terminate: () => socket.terminate(),
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
    onText: (receive) => socket.onText(heard(receive)),
    onClose: (listen) => socket.onClose(heard(listen)),
    ping: () => {
      if (!life.isOver) socket.ping();
    },
    onPong: (listen) => socket.onPong(heard(listen)),
  };
}

/** The in-process bus with each publish as a port call. */
export class MortalBus implements Bus {
  readonly kind = 'in-process';
  readonly #bus: InProcessBus;
  readonly #life: Life;

  constructor(clock: Clock, life: Life) {
    this.#bus = new InProcessBus({ clock, log: silentLog });
    this.#life = life;
  }

  get status(): BusStatus {
    return this.#bus.status;
  }

  publish(messages: readonly BusMessage[]): void {
    if (!this.#life.portCall()) return;
    this.#bus.publish(messages);
    this.#life.portCall();
  }

  onMessage(receive: (message: BusMessage) => void): void {
    this.#bus.onMessage(receive);
  }

  onStatus(listen: (status: BusStatus, detail: string) => void): void {
    this.#bus.onStatus(listen);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }
}
