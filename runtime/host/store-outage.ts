import type { Clock, TimerHandle } from '../clock.ts';
import { limits } from '../limits.ts';
import type { DraftText } from '../persistence/journal-chain.ts';

interface StoreOutageOptions {
  clock: Clock;
  /** It is time to see whether the store takes writes again. */
  retry: () => void;
}

/**
 * While the store takes no writes: when to try again, and what is to be journalled once it does. Tries come ever more
 * slowly until the store has been well for a while, so that one which takes little and refuses much is left in peace.
 */
export class StoreOutage {
  readonly #options: StoreOutageOptions;
  #standing = false;
  #timer: TimerHandle | undefined;
  #waitMs = 0;
  #lastFailedAtMs = Number.NEGATIVE_INFINITY;
  #notes: DraftText[] = [];

  constructor(options: StoreOutageOptions) {
    this.#options = options;
  }

  get standing(): boolean {
    return this.#standing;
  }

  /** A group failed: the drafts of no turn that it carried are kept, before those held since. */
  failed(notes: readonly DraftText[]): void {
    const { clock, retry } = this.#options;
    const now = clock.monotonicMs();
    const isFirst = now - this.#lastFailedAtMs > 2 * limits.storeRetryMaxMs;
    this.#waitMs = isFirst ? limits.storeRetryMinMs : Math.min(limits.storeRetryMaxMs, this.#waitMs * 2);
    this.#lastFailedAtMs = now;
    this.#standing = true;
    this.#notes = [...notes, ...this.#notes].slice(0, limits.notesHeldMax);
    this.stopTimer();
    this.#timer = clock.setTimer(this.#waitMs, retry);
  }

  /** A group landed; true if that ended an outage. */
  ended(): boolean {
    const was = this.#standing;
    this.#standing = false;
    this.stopTimer();
    return was;
  }

  /** Runs `probe` as if all were well; the outage stands on unless it says that there was nothing to try. */
  during(probe: () => 'tried' | 'nothing'): 'tried' | 'nothing' {
    this.#standing = false;
    const outcome = probe();
    this.#standing ||= outcome === 'tried';
    return outcome;
  }

  /** Keeps a journal draft of no turn for later; false when there are too many. */
  hold(note: DraftText): boolean {
    if (this.#notes.length >= limits.notesHeldMax) return false;
    this.#notes.push(note);
    return true;
  }

  takeNotes(): DraftText[] {
    return this.#notes.splice(0);
  }

  stopTimer(): void {
    if (this.#timer) this.#options.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }
}
