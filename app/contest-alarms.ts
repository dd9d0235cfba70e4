import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { HostAlarms } from '../runtime/host/host-alarms.ts';

/** Alarms that stand at once; further chargers are only logged. */
const STANDING_MAX = 32;
const QUIET_AFTER_MS = 600_000;

/** An alarm per charger whose identity a second client claims with right credentials, until that stops for 10 minutes. */
export class ContestAlarms {
  readonly #alarms: Pick<HostAlarms, 'raise' | 'clear'>;
  readonly #clock: Clock;
  readonly #timers = new Map<string, TimerHandle>();

  constructor(alarms: Pick<HostAlarms, 'raise' | 'clear'>, clock: Clock) {
    this.#alarms = alarms;
    this.#clock = clock;
  }

  raise(identity: string, remote: string): void {
    const code = `charger.contested ${identity}`;
    const standing = this.#timers.get(identity);
    if (standing !== undefined) this.#clock.clearTimer(standing);
    else if (this.#timers.size >= STANDING_MAX) return;
    this.#alarms.raise(
      code,
      `${remote} logged in as ${identity}, which is connected and alive: a wrong identity or a stolen secret`,
    );
    const timer = this.#clock.setTimer(QUIET_AFTER_MS, () => {
      this.#timers.delete(identity);
      this.#alarms.clear(code);
    });
    this.#timers.set(identity, timer);
  }

  stop(): void {
    for (const timer of this.#timers.values()) this.#clock.clearTimer(timer);
  }
}
