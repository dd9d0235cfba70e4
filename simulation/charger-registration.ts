import type { Clock, TimerHandle } from '../runtime/clock.ts';
import type { ChargerLink } from './charger-link.ts';
import type { SimulatedChargerOptions } from './charger-options.ts';
import type { BootCause, ChargerWords } from './charger-words.ts';
import { integerOf, type Payload, textOf } from './ocpp-j.ts';

const BOOT_RETRY_DEFAULT_S = 10;
const HEARTBEAT_DEFAULT_MS = 60_000;

/** How a charger makes itself known at its link: BootNotification until it is accepted, then Heartbeats. */
export class ChargerRegistration {
  readonly #options: SimulatedChargerOptions;
  readonly #clock: Clock;
  readonly #words: ChargerWords;
  readonly #link: ChargerLink;
  readonly #registered: (hasBooted: boolean) => void;
  #bootWanted = true;
  #bootCause: BootCause = 'PowerUp';
  #bootRetry: TimerHandle | null = null;
  #heartbeatIntervalMs: number;
  #heartbeatDueMs = 0;

  /** @param registered anything may be said now; `hasBooted`: and nothing of what was said before counts */
  constructor(
    options: SimulatedChargerOptions,
    words: ChargerWords,
    link: ChargerLink,
    registered: (hasBooted: boolean) => void,
  ) {
    this.#options = options;
    this.#clock = options.clock;
    this.#words = words;
    this.#link = link;
    this.#registered = registered;
    this.#heartbeatIntervalMs = options.heartbeatIntervalMs ?? HEARTBEAT_DEFAULT_MS;
  }

  get heartbeatIntervalMs(): number {
    return this.#heartbeatIntervalMs;
  }

  setHeartbeatInterval(intervalMs: number): void {
    this.#heartbeatIntervalMs = intervalMs;
    this.#heartbeatDueMs = this.#clock.monotonicMs() + intervalMs;
  }

  /** The socket is there. */
  opened(): void {
    if (this.#options.quirks?.bootOnReconnect) this.#bootWanted = true;
    if (this.#bootWanted) void this.boot(this.#bootCause);
    else this.#accepted(false);
  }

  /** The socket is gone. */
  closed(): void {
    this.cancelRetry();
    this.#link.setBooted(false);
  }

  /** The charger goes down, and will boot for this cause. */
  wentDown(cause: BootCause): void {
    this.cancelRetry();
    this.#bootWanted = true;
    this.#bootCause = cause;
  }

  cancelRetry(): void {
    if (this.#bootRetry) this.#clock.clearTimer(this.#bootRetry);
    this.#bootRetry = null;
  }

  /** Sends BootNotification and follows its answer. */
  async boot(cause: BootCause): Promise<void> {
    const payload = this.#words.boot(this.#options.identity, cause);
    const outcome = await this.#link.request('BootNotification', payload);
    if (outcome.kind === 'closed') return;
    const answer: Payload = outcome.kind === 'result' ? outcome.payload : {};
    const intervalSeconds = integerOf(answer.interval) ?? BOOT_RETRY_DEFAULT_S;
    if (textOf(answer.status) !== 'Accepted') {
      const retryMs = Math.max(1, intervalSeconds) * 1_000;
      this.#bootRetry = this.#clock.setTimer(retryMs, () => void this.boot(cause));
      return;
    }
    if (this.#options.heartbeatIntervalMs === undefined && intervalSeconds > 0)
      this.setHeartbeatInterval(intervalSeconds * 1_000);
    if (!this.#bootWanted) return;
    this.#bootWanted = false;
    this.#accepted(true);
  }

  heartbeatIfDue(): void {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#link.isReady || nowMs < this.#heartbeatDueMs) return;
    this.#heartbeatDueMs = nowMs + this.#heartbeatIntervalMs;
    void this.#link.request('Heartbeat', {});
  }

  #accepted(hasBooted: boolean): void {
    this.#heartbeatDueMs = this.#clock.monotonicMs() + this.#heartbeatIntervalMs;
    this.#link.setBooted(true);
    this.#registered(hasBooted);
  }
}
