import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock, ClockTrust, TimerHandle } from './clock.ts';

const TIMER_MAX_MS = 2 ** 31 - 1;

interface SystemTimer {
  handle: NodeJS.Timeout;
}

/** Node's own clock and timers behind the port. */
export class SystemClock implements Clock {
  readonly bootId = readBootId();
  #floorWallMs = 0;
  #floorMonotonicMs = 0;

  /** The system's wall clock, unless it lies before the floor: then floor plus monotonic time, untrusted. */
  wallMs(): number {
    const now = Date.now();
    return now >= this.#floorWallMs ? now : this.#floorWallMs + this.monotonicMs() - this.#floorMonotonicMs;
  }

  monotonicMs(): number {
    return Number(process.hrtime.bigint() / 1_000_000n);
  }

  get trust(): ClockTrust {
    return Date.now() >= this.#floorWallMs ? 'trusted' : 'untrusted';
  }

  /**
   * Time can not be before this: the later of the last journalled time and the build's time. A box without
   * battery clock starts in 1970 and must not hand that to anybody.
   */
  setFloor(wallMs: number): void {
    this.#floorWallMs = wallMs;
    this.#floorMonotonicMs = this.monotonicMs();
  }

  setTimer(delayMs: number, fn: () => void): TimerHandle {
    const timer: SystemTimer = { handle: this.#arm(delayMs, fn, (next) => (timer.handle = next)) };
    return timer;
  }

  clearTimer(handle: TimerHandle): void {
    clearTimeout((handle as SystemTimer).handle);
  }

  defer(fn: () => void): void {
    setImmediate(fn);
  }

  /** Node fires at once for delays above 2^31-1 ms, so longer ones are waited out in steps. */
  #arm(delayMs: number, fn: () => void, replace: (handle: NodeJS.Timeout) => void): NodeJS.Timeout {
    if (delayMs <= TIMER_MAX_MS) return setTimeout(fn, Math.max(0, delayMs));
    return setTimeout(() => replace(this.#arm(delayMs - TIMER_MAX_MS, fn, replace)), TIMER_MAX_MS);
  }
}

/** The kernel's boot id where there is one: monotonic times of one boot can be compared across processes. */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return randomUUID();
  }
}
