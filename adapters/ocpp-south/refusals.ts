import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { escapeForPeople } from './identity.ts';

export type RefusalCause =
  | 'badUrl'
  | 'rejected'
  | 'quarantined'
  | 'badCredentials'
  | 'noCertificate'
  | 'badCertificate'
  /** Its security profile asks for TLS. */
  | 'unencrypted'
  | 'tooManyFailures'
  | 'tooManyPending'
  | 'tooSlow'
  | 'tlsHandshake'
  | 'noCommonSubprotocol'
  | 'alreadyConnected'
  /** Its CPMS is away, and it is to see that. */
  | 'backendAway'
  | 'busy';

/** One refused kind of connection, for the technician: repeats are counted, not listed. */
export interface RefusedConnection {
  /** Escaped: whatever the peer claimed to be; empty where it did not get that far. */
  identity: string;
  remote: string;
  cause: RefusalCause;
  /** What the library said, where it says more than the cause. */
  detail: string | null;
  count: number;
  firstAtMs: number;
  lastAtMs: number;
}

/** Kinds kept; at the cap the one not seen for longest goes. */
export const REFUSALS_MAX = 64;

/** Remembers refused connections in memory only: nothing of them reaches actors, bus or journal. */
export class Refusals {
  readonly #clock: Clock;
  readonly #log: Log;
  // A Map keeps insertion order: re-inserting on each repeat makes its first entry the oldest.
  readonly #kinds = new Map<string, RefusedConnection>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  add(claimed: string, remote: string, cause: RefusalCause, detail: string | null = null): void {
    const identity = escapeForPeople(claimed);
    const key = `${cause} ${remote} ${detail} ${identity}`;
    const nowMs = this.#clock.wallMs();
    const known = this.#kinds.get(key);
    this.#kinds.delete(key);
    const { count, firstAtMs } = known ?? { count: 0, firstAtMs: nowMs };
    this.#kinds.set(key, { identity, remote, cause, detail, count: count + 1, firstAtMs, lastAtMs: nowMs });
    if (this.#kinds.size > REFUSALS_MAX) this.#kinds.delete(this.#kinds.keys().next().value ?? '');
    // Powers of two bound what a persistent stranger writes into the log.
    if (((count + 1) & count) === 0)
      this.#log.warn({ identity, remote, cause, detail, count: count + 1 }, 'connection refused');
  }

  /** Newest first. */
  list(): RefusedConnection[] {
    return [...this.#kinds.values()].reverse();
  }
}
