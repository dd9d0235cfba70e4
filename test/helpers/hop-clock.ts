import type { Clock } from '../../runtime/clock.ts';
import type { ActorHost } from '../../runtime/host/actor-host.ts';

/** One tell from the turn that caused it to the turn that took it. */
export interface Hop {
  type: string;
  atMs: number;
  /** Includes the group commit of the sender's turn. */
  tookMs: number;
}

const TURNS_REMEMBERED_MAX = 100_000;

/** Times how long tells are on their way from actor to actor, from outside: by the host's record of each turn. */
export class HopClock {
  readonly hops: Hop[] = [];
  readonly #clock: Clock;
  readonly #turnAtMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  watch(host: ActorHost): void {
    host.observe(({ envelope }) => {
      const now = this.#clock.monotonicMs();
      if (this.#turnAtMs.size < TURNS_REMEMBERED_MAX) this.#turnAtMs.set(envelope.id, now);
      const causedAtMs = envelope.cause === undefined ? undefined : this.#turnAtMs.get(envelope.cause);
      if (causedAtMs !== undefined)
        this.hops.push({ type: envelope.type, atMs: now, tookMs: now - causedAtMs });
    });
  }

  /** Of tells of one type (or any) taken in a span. */
  tookMs(span: { fromMs: number; toMs?: number; type?: string }): number[] {
    return this.hops
      .filter((hop) => span.type === undefined || hop.type === span.type)
      .filter((hop) => hop.atMs >= span.fromMs && hop.atMs < (span.toMs ?? Infinity))
      .map((hop) => hop.tookMs);
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError('no values');
  return middle;
}
