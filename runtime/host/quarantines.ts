import type { Address } from '../address.ts';
import type { Clock, TimerHandle } from '../clock.ts';
import type { Envelope } from '../envelope.ts';
import { limits } from '../limits.ts';
import type { ActorRecord } from './actor-record.ts';
import type { StagedTell } from './turn-run.ts';

/** An actor that runs nothing for now. Times are wall milliseconds. */
export interface Quarantine {
  address: Address;
  sinceMs: number;
  untilMs: number;
  /** What its last turn threw, shortened. */
  why: string;
}

/** What the supervisor says in the actor's name when it sets it aside, and the envelope that was one too many. */
export interface Farewell {
  record: ActorRecord;
  cause: Envelope;
  why: string;
  untilMs: number;
  tells: readonly StagedTell[];
}

interface Standing extends Quarantine {
  handle: TimerHandle;
}

const WHY_CHARACTERS_MAX = 200;

/**
 * Who is set aside, since when and until when. Kept in memory only: a new process begins without quarantines, as its
 * actors begin from what is on disk.
 */
export class Quarantines {
  readonly #clock: Clock;
  readonly #onOver: (record: ActorRecord) => void;
  readonly #standing = new Map<ActorRecord, Standing>();
  /** Farewells whose commit has not landed; at most one per quarantined actor. */
  readonly #unsaid = new Map<ActorRecord, Farewell>();

  constructor(clock: Clock, onOver: (record: ActorRecord) => void) {
    this.#clock = clock;
    this.#onOver = onOver;
  }

  has(record: ActorRecord): boolean {
    return this.#standing.has(record);
  }

  list(): Quarantine[] {
    return [...this.#standing.values()].map(({ address, sinceMs, untilMs, why }) => ({
      address,
      sinceMs,
      untilMs,
      why,
    }));
  }

  begin(record: ActorRecord, cause: Envelope, error: string, tells: readonly StagedTell[]): void {
    const sinceMs = this.#clock.wallMs();
    const untilMs = sinceMs + limits.quarantineMs;
    const why = error.slice(0, WHY_CHARACTERS_MAX);
    const handle = this.#clock.setTimer(limits.quarantineMs, () => this.#onOver(record));
    this.#standing.set(record, { address: record.address, sinceMs, untilMs, why, handle });
    this.#unsaid.set(record, { record, cause, why, untilMs, tells });
  }

  /** False when it was not quarantined. */
  end(record: ActorRecord): boolean {
    const standing = this.#standing.get(record);
    if (!standing) return false;
    this.#clock.clearTimer(standing.handle);
    // From here on it speaks for itself; that it was set aside still belongs into the journal.
    const unsaid = this.#unsaid.get(record);
    if (unsaid) this.#unsaid.set(record, { ...unsaid, tells: [] });
    return this.#standing.delete(record);
  }

  /** What is to be said, to be given to {@link notSaid} if its commit fails. */
  takeUnsaid(): Farewell[] {
    const farewells = [...this.#unsaid.values()];
    this.#unsaid.clear();
    return farewells;
  }

  notSaid(farewell: Farewell): void {
    const { record } = farewell;
    if (this.#unsaid.has(record)) return;
    this.#unsaid.set(record, this.#standing.has(record) ? farewell : { ...farewell, tells: [] });
  }

  stop(): void {
    for (const { handle } of this.#standing.values()) this.#clock.clearTimer(handle);
  }
}
