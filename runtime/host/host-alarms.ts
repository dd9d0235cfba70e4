import type { Address } from '../address.ts';
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

  /** Senders that are handed nothing more, as their tells are not taken; none: all is well again. */
  tellsWait(senders: ReadonlySet<Address>): void {
    const [first] = senders;
    if (first === undefined) {
      this.clear('tells.waiting');
      return;
    }
    const others = senders.size > 1 ? ` and ${senders.size - 1} more` : '';
    const text = `receivers do not take what ${first}${others} told them; sockets pause until they do`;
    this.raise('tells.waiting', text);
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
