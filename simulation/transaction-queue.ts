import type { LocalTransaction, SaidMessage, TransactionMessage } from './transaction-message.ts';

/** Transaction messages one charger can keep. When full, the oldest sample in waiting goes (`thinned`). */
const MESSAGES_MAX = 20_000;
/** TransactionMessageAttempts: explicit errors after which a message is given up. */
const ATTEMPTS_MAX = 3;

/** The charger's own store of transaction messages: first in, first out, kept over disconnects and power cuts. */
export class TransactionQueue {
  readonly #waiting: TransactionMessage[] = [];
  #thinned = 0;
  #givenUp = 0;

  get length(): number {
    return this.#waiting.length;
  }

  /** Samples that had to go because the store was full. */
  get thinned(): number {
    return this.#thinned;
  }

  /** Messages dropped after `ATTEMPTS_MAX` CALLERRORs, or because the start they belong to was. */
  get givenUp(): number {
    return this.#givenUp;
  }

  get head(): TransactionMessage | null {
    return this.#waiting[0] ?? null;
  }

  add(said: SaidMessage, transaction: LocalTransaction): void {
    if (this.#waiting.length >= MESSAGES_MAX) this.#thin();
    this.#waiting.push({ ...said, transaction, payload: null, messageIds: [], errors: 0 });
  }

  /** The head was answered: the charger may forget it. */
  settle(): void {
    this.#waiting.shift();
  }

  /** The head got a CALLERROR; gives the wait before the next attempt, which grows with each. */
  failed(retryFirstMs: number): number {
    const head = this.#waiting[0]!;
    head.errors += 1;
    if (head.errors < ATTEMPTS_MAX) return retryFirstMs * head.errors;
    this.#giveUp(head);
    return 0;
  }

  #giveUp(head: TransactionMessage): void {
    const lost = (message: TransactionMessage): boolean =>
      message === head || (head.kind === 'start' && message.transaction === head.transaction);
    const kept = this.#waiting.filter((message) => !lost(message));
    this.#givenUp += this.#waiting.length - kept.length;
    this.#waiting.splice(0, this.#waiting.length, ...kept);
  }

  #thin(): void {
    // Not the head: it may be under way.
    const index = this.#waiting.findIndex((message, at) => at > 0 && message.kind === 'sample');
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    this.#thinned += 1;
  }
}
