import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import type { FrameSocket } from '../ocpp/frame-socket.ts';

export interface InflowOptions {
  clock: Clock;
  socket: FrameSocket;
  /** CALLs that may wait for our answer before reading stops. */
  unansweredMax: number;
  /** CALLs per second and burst; null takes them as fast as they come. */
  rate: { perSecond: number; burst: number } | null;
  unanswered(): number;
  deliver(text: string): void;
}

/** Text units held back per socket, beside what the peer's own buffer holds; at the cap the socket is closed (1008). */
export const HELD_CHARS_MAX = 512 * 1024;

/** Longer than any answer takes: beyond it the wait will not end by itself. */
const STUCK_AFTER_MS = 60_000;

const POLICY_VIOLATION = 1008;
const CALL_PREFIX = '[2';
const RESULT_PREFIX = '[3';
const ERROR_PREFIX = '[4';

/**
 * Paces one charger's CALLs: too many unanswered, or too many per second, and reading stops until it may go on.
 * Nothing is refused for that, because a charger counts a refusal as a failed attempt of its transaction message.
 * Answers to our own CALLs pass at once, else two waits could lock each other.
 */
export class Inflow {
  readonly #options: InflowOptions;
  readonly #held: string[] = [];
  #heldChars = 0;
  #tokens: number;
  #refilledAtMs: number;
  #deliveredAtMs = 0;
  #timer: TimerHandle | undefined;
  #stopped = false;

  constructor(options: InflowOptions) {
    this.#options = options;
    this.#tokens = options.rate?.burst ?? 0;
    this.#refilledAtMs = options.clock.monotonicMs();
  }

  /** True while reading is stopped: a pong would not be seen. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** True when CALLs are held and not one could go on for {@link STUCK_AFTER_MS}. */
  get isStuck(): boolean {
    return this.isHolding && this.#options.clock.monotonicMs() - this.#deliveredAtMs >= STUCK_AFTER_MS;
  }

  take(text: string): void {
    if (this.#stopped) return;
    if (!isCall(text) || (this.#held.length === 0 && this.#mayTake())) this.#options.deliver(text);
    else this.#hold(text);
  }

  /** An answer left: held CALLs may go on. */
  release(): void {
    if (this.#held.length === 0 || this.#stopped) return;
    this.#deliveredAtMs = this.#options.clock.monotonicMs();
    while (this.#held.length > 0 && this.#mayTake()) {
      const text = this.#held.shift() ?? '';
      this.#heldChars -= text.length;
      this.#options.deliver(text);
    }
    if (this.#held.length === 0) this.#options.socket.resume?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#held.length = 0;
    if (this.#timer !== undefined) this.#options.clock.clearTimer(this.#timer);
  }

  #hold(text: string): void {
    this.#held.push(text);
    this.#heldChars += text.length;
    if (this.#heldChars > HELD_CHARS_MAX) {
      this.stop();
      this.#options.socket.close(POLICY_VIOLATION, 'sends faster than it may');
    } else if (this.#held.length === 1) {
      this.#deliveredAtMs = this.#options.clock.monotonicMs();
      this.#options.socket.pause?.();
    }
  }

  #mayTake(): boolean {
    if (this.#options.unanswered() >= this.#options.unansweredMax) return false;
    const { rate, clock } = this.#options;
    if (rate === null) return true;
    const nowMs = clock.monotonicMs();
    const earned = ((nowMs - this.#refilledAtMs) * rate.perSecond) / 1_000;
    this.#tokens = Math.min(rate.burst, this.#tokens + earned);
    this.#refilledAtMs = nowMs;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    this.#armRefill(Math.ceil(((1 - this.#tokens) * 1_000) / rate.perSecond));
    return false;
  }

  #armRefill(delayMs: number): void {
    this.#timer ??= this.#options.clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.release();
    });
  }
}

/** By the first characters where they stand as usual; anything else counts as a CALL, which is the stricter reading. */
function isCall(text: string): boolean {
  return text.startsWith(CALL_PREFIX) || !(text.startsWith(RESULT_PREFIX) || text.startsWith(ERROR_PREFIX));
}
