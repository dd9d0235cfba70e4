/** How far a wall-clock stamp may be believed: `untrusted` until time came from a trusted source this boot. */
export type ClockTrust = 'trusted' | 'untrusted';

export type TimerHandle = { readonly timerHandle: unique symbol } | object;

/**
 * Time as a port: nothing but this file (and the simulator's twin) may read a clock or start a timer.
 * Wall and monotonic time are kept apart: order and deadlines rest on the monotonic one.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, as corrected by the trust rules; integer. */
  wallMs(): number;
  /** Milliseconds since an arbitrary origin of this boot; never runs backwards; integer. */
  monotonicMs(): number;
  readonly trust: ClockTrust;
  /** Identifies one boot of the machine: monotonic times of two boots cannot be compared. */
  readonly bootId: string;
  /** Runs `fn` once, `delayMs` from now (0 allowed). Delays above 2^31-1 are waited out in steps. */
  setTimer(delayMs: number, fn: () => void): TimerHandle;
  clearTimer(handle: TimerHandle): void;
  /** Runs `fn` after the I/O events that are ready now (a macrotask). */
  defer(fn: () => void): void;
}
