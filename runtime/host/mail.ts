import type { Envelope } from '../envelope.ts';
import { limits } from '../limits.ts';

/** One thing an actor has to take: a tell (from the outbox), something from an adapter, or a due timer. */
export interface MailItem {
  envelope: Envelope;
  /** Set for tells: the outbox entry that the receiver's commit removes. */
  outboxId?: string;
  /** Set for timers: the pair that must still stand in the actor's table. */
  timer?: { timerId: string; arm: number };
  /** Turns of this very envelope that threw. */
  throws: number;
  /** Its last throw has been counted towards quarantine. */
  judged?: boolean;
}

/** Overflow: adapters are refused (`MAILBOX_FULL`, they pause their socket), tells wait in the outbox, timers always fit. */
export class Mailbox {
  readonly max: number;
  /** Taken slots at the front are empty: what was taken must not be kept in memory by its mailbox. */
  #items: Array<MailItem | undefined> = [];
  #head = 0;
  #waitingTells: MailItem[] = [];
  #pruneAt: number = limits.mailboxPruneAt;
  peak = 0;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Everything in it, tells beyond the cap included. */
  get held(): number {
    return this.size + this.#waitingTells.length;
  }

  /** It has grown so much since it was last pruned that it is worth looking for items nobody needs any more. */
  get wantsPruning(): boolean {
    return this.held >= this.#pruneAt;
  }

  /** False at the cap: the caller must refuse its peer. What is urgent has some room of its own beyond it. */
  offer(item: MailItem, urgent = false): boolean {
    if (this.size >= (urgent ? this.max * 2 : this.max)) return false;
    this.#push(item);
    return true;
  }

  addTell(item: MailItem): void {
    if (this.size >= this.max || this.#waitingTells.length > 0) this.#waitingTells.push(item);
    else this.#push(item);
  }

  addTimer(item: MailItem): void {
    this.#push(item);
  }

  /** Back to the front, in the given order: the turns of a failed group, or a retry. */
  putBack(items: readonly MailItem[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)];
    this.#head = 0;
  }

  /** Drops what `isStale`. */
  prune(isStale: (item: MailItem) => boolean): void {
    const isFresh = (item: MailItem | undefined): item is MailItem => item !== undefined && !isStale(item);
    this.#items = this.#items.slice(this.#head).filter(isFresh);
    this.#head = 0;
    this.#waitingTells = this.#waitingTells.filter(isFresh);
    while (this.#waitingTells.length > 0 && this.size < this.max) this.#push(this.#waitingTells.shift()!);
    this.#pruneAt = Math.max(limits.mailboxPruneAt, 2 * this.held);
  }

  take(): MailItem | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head]!;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    if (this.#waitingTells.length > 0 && this.size < this.max) this.#push(this.#waitingTells.shift()!);
    if (this.size === 0) this.#pruneAt = limits.mailboxPruneAt;
    return item;
  }

  #push(item: MailItem): void {
    this.#items.push(item);
    if (this.size > this.peak) this.peak = this.size;
  }
}
