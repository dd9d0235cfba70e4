import type { Clock, ClockTrust, TimerHandle } from '../runtime/clock.ts';

/** Another clock, `factor` times as fast: minutes of charging in seconds, over real sockets. */
export class ScaledClock implements Clock {
  readonly bootId: string;
  readonly #inner: Clock;
  readonly #factor: number;
  readonly #startMonotonicMs: number;
  readonly #startWallMs: number;

  constructor(inner: Clock, factor: number) {
    this.#inner = inner;
    this.#factor = factor;
    this.bootId = inner.bootId;
    this.#startMonotonicMs = inner.monotonicMs();
    this.#startWallMs = inner.wallMs();
  }

  get trust(): ClockTrust {
    return this.#inner.trust;
  }

  wallMs(): number {
    return this.#startWallMs + this.monotonicMs();
  }

  /** Counts from the making of this clock. */
  monotonicMs(): number {
    return Math.round((this.#inner.monotonicMs() - this.#startMonotonicMs) * this.#factor);
  }

  setTimer(delayMs: number, fn: () => void): TimerHandle {
    return this.#inner.setTimer(Math.ceil(delayMs / this.#factor), fn);
  }

  clearTimer(handle: TimerHandle): void {
    this.#inner.clearTimer(handle);
  }

  defer(fn: () => void): void {
    this.#inner.defer(fn);
  }
}
