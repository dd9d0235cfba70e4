import type { Clock, TimerHandle } from '../../runtime/clock.ts';

/** How fast backlogs may go to one CPMS, all chargers together. */
export interface ReplayRate {
  perSecond: number;
  /** So many at once after a pause. */
  burst: number;
}

const US_PER_MS = 1_000;
const US_PER_SECOND = 1_000_000;

/**
 * A token bucket, in the form that keeps one number: when the next message would be on time (GCRA). A charger has at
 * most one message waiting here, as its link sends one at a time; they get their turn in the order in which they came.
 */
export class ReplayPacer {
  readonly rate: ReplayRate;
  readonly #clock: Clock;
  readonly #intervalUs: number;
  /** The next message is on time at this monotonic time; earlier by up to the burst is allowed. */
  #onTimeAtUs = 0;
  readonly #waiting = new Map<string, () => void>();
  #timer: TimerHandle | undefined;

  constructor(rate: ReplayRate, clock: Clock) {
    this.rate = rate;
    this.#clock = clock;
    this.#intervalUs = Math.round(US_PER_SECOND / rate.perSecond);
  }

  /** Chargers whose next message waits for its turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Runs `send` when its turn comes: at once where the pace allows it. */
  request(charger: string, send: () => void): void {
    this.#waiting.set(charger, send);
    this.#grant();
  }

  /** Gives back what a charger has waiting here, if anything: its socket is gone. */
  withdraw(charger: string): (() => void) | undefined {
    const send = this.#waiting.get(charger);
    this.#waiting.delete(charger);
    return send;
  }

  stop(): void {
    this.#waiting.clear();
    this.#disarm();
  }

  #grant(): void {
    this.#disarm();
    for (const [charger, send] of this.#waiting) {
      const waitMs = this.#waitMs();
      if (waitMs > 0) {
        this.#timer = this.#clock.setTimer(waitMs, () => this.#grant());
        return;
      }
      this.#waiting.delete(charger);
      this.#onTimeAtUs = Math.max(this.#onTimeAtUs, this.#nowUs()) + this.#intervalUs;
      send();
    }
  }

  #waitMs(): number {
    const earliestUs = this.#onTimeAtUs - (this.rate.burst - 1) * this.#intervalUs;
    return Math.ceil((earliestUs - this.#nowUs()) / US_PER_MS);
  }

  #nowUs(): number {
    return Math.floor(this.#clock.monotonicMs() * US_PER_MS);
  }

  #disarm(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
