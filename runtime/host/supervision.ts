import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { ActorRecord } from './actor-record.ts';
import type { MailItem } from './mail.ts';

export type Verdict = 'retry' | 'park' | 'quarantine' | 'giveUp';

/**
 * What follows a throw. One envelope is tried once more, then parked; throws on different envelopes beyond the
 * restart intensity quarantine the actor; too many quarantined actors give the process up to its watchdog.
 */
export class Supervision {
  readonly #clock: Clock;
  /** When each actor was quarantined last, within the window: one that an operator let out too early counts once. */
  #quarantinedAt = new Map<ActorRecord, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `item.throws` counts this throw too. An envelope counts once, however often the store refuses to park it. */
  judge(record: ActorRecord, item: MailItem): Verdict {
    if (item.throws < 2) return 'retry';
    if (item.judged) return 'park';
    item.judged = true;
    const now = this.#clock.monotonicMs();
    record.throws = record.throws.filter((at) => now - at < limits.restartWindowMs);
    record.throws.push(now);
    if (record.throws.length <= limits.restartsMax) return 'park';
    record.throws = [];
    for (const [other, at] of this.#quarantinedAt)
      if (now - at >= limits.quarantineWindowMs) this.#quarantinedAt.delete(other);
    this.#quarantinedAt.set(record, now);
    return this.#quarantinedAt.size > limits.quarantinesMax ? 'giveUp' : 'quarantine';
  }
}
