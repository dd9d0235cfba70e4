import type { Clock, TimerHandle } from '../../runtime/clock.ts';
import type { Incoming } from '../../runtime/envelope.ts';
import type { PostOptions, PostResult } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

/** Hands an envelope to the host's mailbox of its addressee. */
export type Post = (incoming: Incoming, options?: PostOptions) => PostResult;

/** Notices kept per address while its mailbox refuses; at the cap the newest is dropped and logged as an error. */
export const KEPT_PER_ADDRESS_MAX = 256;
const RETRY_MS = 250;

/**
 * Posts what the outside cannot repeat (a socket closed, a CALL ended): a refused notice is kept and tried again,
 * in order per address. What a peer repeats by itself does not go through here.
 */
export class SurePost {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #post: Post;
  readonly #kept = new Map<string, Incoming[]>();
  #timer: TimerHandle | undefined;
  #stopped = false;

  constructor(options: { clock: Clock; log: Log; post: Post }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#post = options.post;
  }

  /** True while notices for this address wait: nothing newer may overtake them. */
  hasKept(address: string): boolean {
    return this.#kept.has(address);
  }

  post(incoming: Incoming): void {
    if (this.#stopped) return;
    const kept = this.#kept.get(incoming.to);
    if (kept === undefined) {
      if (!this.#isRefused(incoming)) return;
      this.#kept.set(incoming.to, [incoming]);
      this.#arm();
    } else if (kept.length < KEPT_PER_ADDRESS_MAX) {
      kept.push(incoming);
    } else {
      this.#log.error({ to: incoming.to, type: incoming.type }, 'notice dropped: its actor takes nothing');
    }
  }

  /** The process ends: nothing is posted any more. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#kept.clear();
  }

  #arm(): void {
    this.#timer ??= this.#clock.setTimer(RETRY_MS, () => {
      this.#timer = undefined;
      for (const [address, kept] of this.#kept) this.#retry(address, kept);
      if (this.#kept.size > 0) this.#arm();
    });
  }

  #retry(address: string, kept: Incoming[]): void {
    let taken = 0;
    for (const incoming of kept) {
      if (this.#isRefused(incoming)) break;
      taken += 1;
    }
    kept.splice(0, taken);
    if (kept.length === 0) this.#kept.delete(address);
  }

  #isRefused(incoming: Incoming): boolean {
    const result = this.#post(incoming, { notice: true });
    // An address that is no more, or a host that stops, will never take it: keeping it would keep it for ever.
    return result !== 'accepted' && result.refused !== 'UNKNOWN_ADDRESS' && result.refused !== 'STOPPING';
  }
}
