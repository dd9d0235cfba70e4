import type { Clock } from '../clock.ts';

export interface Alarm {
  code: string;
  text: string;
  sinceMs: number;
}

/** What stands out now, and how often things happened. Codes are few and fixed; the map of counters is capped. */
export class HostAlarms {
  readonly #clock: Clock;
  readonly #alarms = new Map<string, Alarm>();
  readonly counters: Record<string, number> = {};
  #listeners: Array<(alarm: Alarm, raised: boolean) => void> = [];
  #counterNames = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  raise(code: string, text: string): void {
    const standing = this.#alarms.get(code);
    const alarm = { code, text, sinceMs: standing?.sinceMs ?? this.#clock.wallMs() };
    this.#alarms.set(code, alarm);
    if (!standing) for (const listen of this.#listeners) listen(alarm, true);
  }

  clear(code: string): void {
    const alarm = this.#alarms.get(code);
    if (!alarm) return;
    this.#alarms.delete(code);
    for (const listen of this.#listeners) listen(alarm, false);
  }

  standing(): Alarm[] {
    return [...this.#alarms.values()];
  }

  listen(listener: (alarm: Alarm, raised: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Beyond 1 000 names everything new is counted as `other`. */
  count(name: string, by = 1): void {
    const known = this.counters[name];
    if (known !== undefined) this.counters[name] = known + by;
    else if (this.#counterNames < 1_000) {
      this.#counterNames += 1;
      this.counters[name] = by;
    } else this.counters.other = (this.counters.other ?? 0) + by;
  }
}
