import type { Address } from '../address.ts';
import type { Bus } from '../bus/bus.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import type { Envelope } from '../envelope.ts';
import { limits } from '../limits.ts';

/** A tell between its sender's commit and its receiver's. */
export interface OutboxEntry {
  id: string;
  envelope: Envelope;
  /** The envelope as JSON text: what the store keeps and the bus carries. */
  body: string;
  delivery: 'ordered' | 'latest';
  /** `from>to>key` of a `latest` entry. */
  latestKey: string | undefined;
  /** staged: its sender's commit is not on disk; pending: may travel; enqueued: in the receiver's mailbox. */
  state: 'staged' | 'pending' | 'enqueued';
  releasedAtMs: number;
}

export interface OutboxStats {
  overBus: number;
  direct: number;
  strangers: number;
}

interface OutboxOptions {
  bus: Bus;
  clock: Clock;
  directDeliveryMs: number;
  enqueue: (entry: OutboxEntry) => void;
  /** An entry had to be delivered past the bus (reason: away, silent); clear when it carries again. */
  onDirect: (reason: 'away' | 'silent' | 'clear') => void;
  /** Tells of these senders wait in such numbers that they are handed nothing more; empty when all is well again. */
  onHeld: (senders: ReadonlySet<Address>) => void;
}

/**
 * Tells on their way. The bus carries them; the outbox answers for them: what the bus has not brought in time is
 * delivered directly.
 *
 * Bound: per sender `tellsWaitingMax`. A sender that reaches it (its receiver is quarantined, or slow) is held:
 * adapters may hand it nothing that their peers would repeat, so its sockets pause until half of its tells are taken.
 * What goes beyond are the tells of turns that it had accepted before, and of notices, timers and other actors' tells,
 * which come at their own bounded rates and for no longer than a quarantine lasts. No tell is ever dropped.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #entries = new Map<string, OutboxEntry>();
  /** Entries of one sender and receiver that are not enqueued yet, oldest first. */
  readonly #pairs = new Map<string, OutboxEntry[]>();
  readonly #latest = new Map<string, OutboxEntry>();
  readonly #countOf = new Map<Address, number>();
  readonly #held = new Set<Address>();
  #travelling: OutboxEntry[] = [];
  #timer: TimerHandle | undefined;
  readonly stats: OutboxStats = { overBus: 0, direct: 0, strangers: 0 };
  #directSince = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    options.bus.onMessage(({ outboxId }) => this.#arrived(outboxId));
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): OutboxEntry | undefined {
    return this.#entries.get(id);
  }

  /** True while so many tells of this sender wait that it should be handed nothing more. */
  isHeld(sender: Address): boolean {
    return this.#held.has(sender);
  }

  /** Notes an entry of a turn that is not on disk yet; returns the older entry that it replaces, if any. */
  stage(entry: OutboxEntry): OutboxEntry | undefined {
    this.#entries.set(entry.id, entry);
    this.#count(entry.envelope.from, 1);
    const pair = pairKey(entry.envelope.from, entry.envelope.to);
    const waiting = this.#pairs.get(pair);
    if (waiting) waiting.push(entry);
    else this.#pairs.set(pair, [entry]);
    if (entry.latestKey === undefined) return undefined;
    const older = this.#latest.get(entry.latestKey);
    this.#latest.set(entry.latestKey, entry);
    return older && this.#entries.has(older.id) ? older : undefined;
  }

  /** The senders' commit is on disk: the entries may travel. */
  release(entries: readonly OutboxEntry[]): void {
    const alive = entries.filter((entry) => this.#entries.has(entry.id));
    if (alive.length === 0) return;
    const now = this.#options.clock.monotonicMs();
    for (const entry of alive) {
      entry.state = 'pending';
      entry.releasedAtMs = now;
    }
    if (this.#options.bus.status === 'away') {
      for (const entry of alive) this.#deliverDirectly(entry, 'away');
      return;
    }
    this.#travelling.push(...alive);
    this.#options.bus.publish(
      alive.map((entry) => ({
        outboxId: entry.id,
        to: entry.envelope.to,
        body: entry.body,
      })),
    );
    this.#watch();
  }

  /** Gone: its receiver's commit is on disk, a newer one replaced it, or its sender's turn never happened. */
  remove(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#count(entry.envelope.from, -1);
    if (entry.latestKey !== undefined && this.#latest.get(entry.latestKey) === entry) {
      this.#latest.delete(entry.latestKey);
    }
    if (entry.state !== 'enqueued') this.#dropFromPair(entry);
  }

  /** Takes up what a former process left: pending entries in their order. */
  restore(envelope: Envelope, delivery: 'ordered' | 'latest', latestKey: string | undefined): OutboxEntry {
    const entry: OutboxEntry = {
      id: envelope.id,
      envelope,
      body: JSON.stringify(envelope),
      delivery,
      latestKey,
      state: 'pending',
      releasedAtMs: 0,
    };
    this.stage(entry);
    return entry;
  }

  close(): void {
    if (this.#timer) this.#options.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  /** Held from the bound on, until half of it is gone: a sender must not flap at the edge. */
  #count(sender: Address, by: 1 | -1): void {
    const count = (this.#countOf.get(sender) ?? 0) + by;
    if (count > 0) this.#countOf.set(sender, count);
    else this.#countOf.delete(sender);
    const isHeld = this.#held.has(sender);
    if (!isHeld && count >= limits.tellsWaitingMax) this.#held.add(sender);
    else if (isHeld && count <= limits.tellsWaitingMax / 2) this.#held.delete(sender);
    else return;
    this.#options.onHeld(this.#held);
  }

  #arrived(id: string): void {
    const entry = this.#entries.get(id);
    if (!entry || entry.state === 'staged') {
      this.stats.strangers += 1;
      return;
    }
    if (entry.state === 'enqueued') return;
    this.stats.overBus += 1;
    this.#enqueueUpTo(entry);
    if (this.#directSince) {
      this.#directSince = false;
      this.#options.onDirect('clear');
    }
  }

  #deliverDirectly(entry: OutboxEntry, reason: 'away' | 'silent'): void {
    if (entry.state !== 'pending' || !this.#entries.has(entry.id)) return;
    this.stats.direct += 1;
    if (!this.#directSince) this.#options.onDirect(reason);
    this.#directSince = true;
    this.#enqueueUpTo(entry);
  }

  /** Keeps the order of one sender and receiver: whatever stands before it goes first. */
  #enqueueUpTo(entry: OutboxEntry): void {
    const pair = pairKey(entry.envelope.from, entry.envelope.to);
    const waiting = this.#pairs.get(pair) ?? [];
    const count = waiting.indexOf(entry) + 1;
    for (const next of waiting.splice(0, count)) {
      next.state = 'enqueued';
      this.#options.enqueue(next);
    }
    if (waiting.length === 0) this.#pairs.delete(pair);
  }

  #dropFromPair(entry: OutboxEntry): void {
    const pair = pairKey(entry.envelope.from, entry.envelope.to);
    const waiting = this.#pairs.get(pair);
    if (!waiting) return;
    const at = waiting.indexOf(entry);
    if (at >= 0) waiting.splice(at, 1);
    if (waiting.length === 0) this.#pairs.delete(pair);
  }

  #watch(): void {
    if (this.#timer || this.#travelling.length === 0) return;
    const { clock, directDeliveryMs } = this.#options;
    const dueMs = this.#travelling[0]!.releasedAtMs + directDeliveryMs;
    this.#timer = clock.setTimer(Math.max(1, dueMs - clock.monotonicMs()), () => {
      this.#timer = undefined;
      this.#checkTravelling();
      this.#watch();
    });
  }

  #checkTravelling(): void {
    const { clock, directDeliveryMs } = this.#options;
    const oldest = clock.monotonicMs() - directDeliveryMs;
    let count = 0;
    for (const entry of this.#travelling) {
      if (entry.releasedAtMs > oldest) break;
      count += 1;
      this.#deliverDirectly(entry, 'silent');
    }
    this.#travelling = this.#travelling.slice(count).filter((entry) => entry.state === 'pending');
  }
}

function pairKey(from: Address, to: Address): string {
  return `${from}>${to}`;
}

/** The stored form of an entry. */
export function outboxText({ body, delivery, latestKey }: OutboxEntry): string {
  return `{"envelope":${body},"delivery":"${delivery}","latestKey":${JSON.stringify(latestKey ?? null)}}`;
}
