import type { Clock } from '../../runtime/clock.ts';
import { FailureTally } from './failure-tally.ts';

/**
 * How well a charger proved who it is. A certificate or a random key cannot be guessed, so a hold against guessing
 * has less to say about it.
 */
export type Proof = 'certificate' | 'key' | 'password';

/** `pair`: this identity from this source failed too often; `wide`: this source, or this identity from anywhere. */
export type Hold = 'pair' | 'wide';

/** Pairs of source and identity that logged in before; at the cap the one not seen for longest is forgotten. */
export const FAMILIAR_MAX = 4_096;

const FIVE_MINUTES_MS = 300_000;
const GUESSING = { failuresMax: 5, holdFirstMs: 10_000, holdMaxMs: FIVE_MINUTES_MS };
/** One identity tried from many sources is slowed to one try in two seconds, never shut out. */
const SPREAD = { failuresMax: 30, holdFirstMs: 2_000, holdMaxMs: 2_000 };

/**
 * Slows down who fails to log in, without letting anybody shut out a charger by failing in its name
 * (docs/adr/0005-who-is-slowed-after-failed-logins.md).
 */
export class LoginThrottle {
  readonly #pairs: FailureTally;
  readonly #sources: FailureTally;
  readonly #identities: FailureTally;
  readonly #familiar = new Set<string>();

  constructor(clock: Clock) {
    this.#pairs = new FailureTally(clock, GUESSING);
    this.#sources = new FailureTally(clock, GUESSING);
    this.#identities = new FailureTally(clock, SPREAD);
  }

  holds(source: string, identity: string): Hold | null {
    if (this.#pairs.isHeld(pairOf(source, identity))) return 'pair';
    return this.#sources.isHeld(source) || this.#identities.isHeld(identity) ? 'wide' : null;
  }

  /** Whether a right proof is let in despite a hold. */
  lets(hold: Hold | null, proof: Proof, source: string, identity: string): boolean {
    if (hold === null || proof === 'certificate') return true;
    if (hold === 'pair') return false;
    return proof === 'key' || this.#familiar.has(pairOf(source, identity));
  }

  /**
   * A pair that is held counts nothing. A wide hold lets keys in, so guesses at them go on counting for their pair;
   * of known identities only, or made-up ones could push the others out of the table.
   */
  failed(source: string, identity: string, hold: Hold | null, isKnown: boolean): void {
    if (hold === 'pair' || (hold === 'wide' && !isKnown)) return;
    const isNewIdentity = this.#pairs.fail(pairOf(source, identity));
    if (hold === 'wide') return;
    // A source is judged by how many identities it fails as: one charger with a wrong password is no attack.
    if (isNewIdentity) this.#sources.fail(source);
    this.#identities.fail(identity);
  }

  succeeded(source: string, identity: string): void {
    const pair = pairOf(source, identity);
    this.#pairs.forget(pair);
    this.#familiar.delete(pair);
    this.#familiar.add(pair);
    if (this.#familiar.size > FAMILIAR_MAX) this.#familiar.delete(this.#familiar.values().next().value ?? '');
  }
}

/** Neither part holds a space. */
function pairOf(source: string, identity: string): string {
  return `${source} ${identity}`;
}
