import type { Clock } from '../../runtime/clock.ts';

export interface TallyRule {
  /** Failures within a window of {@link WINDOW_MS} that are let pass. */
  failuresMax: number;
  /** Length of the first hold; each further failure doubles it, up to `holdMaxMs`. */
  holdFirstMs: number;
  holdMaxMs: number;
}

interface Count {
  failures: number;
  windowSinceMs: number;
  /** Holds so far: the exponent of the next one. */
  holds: number;
  heldUntilMs: number;
}

const WINDOW_MS = 60_000;
/** Keys remembered; at the cap the one without a failure for longest is forgotten. */
export const TALLY_KEYS_MAX = 4_096;

/** Counts failures by key and says for how long a key is held. What happens while it is held counts nothing. */
export class FailureTally {
  readonly #clock: Clock;
  readonly #rule: TallyRule;
  // Re-inserted on each failure, so that the first entry is the oldest.
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock, rule: TallyRule) {
    this.#clock = clock;
    this.#rule = rule;
  }

  isHeld(key: string): boolean {
    const count = this.#counts.get(key);
    return count !== undefined && this.#clock.monotonicMs() < count.heldUntilMs;
  }

  /** True for the first failure of its window. */
  fail(key: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const count = this.#current(key, nowMs);
    count.failures += 1;
    const isFirst = count.failures === 1;
    // A key that was held before has used up its free failures until it was quiet for long.
    if (count.holds > 0 || count.failures >= this.#rule.failuresMax) {
      const { holdFirstMs, holdMaxMs } = this.#rule;
      count.heldUntilMs = nowMs + Math.min(holdMaxMs, holdFirstMs * 2 ** count.holds);
      count.holds = Math.min(count.holds + 1, 30);
    }
    this.#counts.delete(key);
    this.#counts.set(key, count);
    if (this.#counts.size > TALLY_KEYS_MAX) this.#counts.delete(this.#counts.keys().next().value ?? '');
    return isFirst;
  }

  forget(key: string): void {
    this.#counts.delete(key);
  }

  #current(key: string, nowMs: number): Count {
    const known = this.#counts.get(key);
    const quietMs = this.#rule.holdMaxMs + WINDOW_MS;
    if (known === undefined || nowMs - Math.max(known.heldUntilMs, known.windowSinceMs) > quietMs)
      return { failures: 0, windowSinceMs: nowMs, holds: 0, heldUntilMs: 0 };
    if (nowMs - known.windowSinceMs < WINDOW_MS) return known;
    return { ...known, failures: 0, windowSinceMs: nowMs };
  }
}
