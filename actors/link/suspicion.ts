import {
  PARK_AFTER_MS,
  PARK_AFTER_STRIKES,
  SUSPECT_AFTER,
} from '../../machines/backend-link/backend-link.rules.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { SuspectRow } from '../tells.ts';

const KEY = 'call';

/**
 * The message in doubt, how often it went unanswered, and whether the CPMS answered something else right before.
 * One row per charger: only the message sent last can be in doubt, and it is repeated until there is a final word.
 * Written when a message goes unanswered, never when all is well.
 */
export class Suspicion {
  readonly #turn: Turn;
  readonly #table: string;

  constructor(turn: Turn, charger: string) {
    this.#turn = turn;
    this.#table = `suspect/${charger}`;
  }

  /** What is to be done before message n, which is in doubt, may leave on this socket. */
  before(n: number, socketId: string): 'send' | 'probe' | 'wait' {
    const row = this.#of(n);
    if (row.failures < SUSPECT_AFTER) return 'send';
    if (row.probe?.socketId !== socketId) return 'probe';
    return row.probe.answered ? 'send' : 'wait';
  }

  probed(n: number, socketId: string): void {
    this.#save({ ...this.#of(n), probe: { socketId, answered: false } });
  }

  probeAnswered(socketId: string): void {
    const row = this.#stored();
    if (row?.probe?.socketId === socketId) this.#save({ ...row, probe: { socketId, answered: true } });
  }

  /** The CPMS was not ready for the probe: another may be sent on this socket. As {@link isBusyForLong}. */
  isProbeBusyForLong(socketId: string, patienceMs: number): boolean {
    const row = this.#stored();
    if (!row) return false;
    this.#save({ ...row, probe: null });
    return this.isBusyForLong(row.n, socketId, patienceMs);
  }

  /** Message n went unanswered on this socket. Gives what speaks against it when that is enough to set it aside. */
  unanswered(n: number, socketId: string): { strikes: number; failures: number } | null {
    const row = this.#of(n);
    const alone = row.probe?.socketId === socketId && row.probe.answered;
    const failures = row.failures + 1;
    const strikes = row.strikes + (alone ? 1 : 0);
    const { at } = this.#turn;
    // A clock that was set back must not keep a message here for longer.
    const firstStrikeAt = row.firstStrikeAt === null ? (alone ? at : null) : Math.min(row.firstStrikeAt, at);
    if (strikes >= PARK_AFTER_STRIKES && firstStrikeAt !== null && at - firstStrikeAt >= PARK_AFTER_MS) {
      this.#turn.removeRow(this.#table, KEY);
      return { strikes, failures };
    }
    this.#save({ n, failures, strikes, firstStrikeAt, probe: null, busySince: null });
    return null;
  }

  /** The CPMS is not ready for message n. True when it has been so on this socket for longer than `patienceMs`. */
  isBusyForLong(n: number, socketId: string, patienceMs: number): boolean {
    const row = this.#of(n);
    const { at } = this.#turn;
    if (row.busySince?.socketId === socketId) return at - row.busySince.at > patienceMs;
    this.#save({ ...row, busySince: { socketId, at } });
    return false;
  }

  #of(n: number): SuspectRow {
    const row = this.#stored();
    return row?.n === n
      ? row
      : { n, failures: 0, strikes: 0, firstStrikeAt: null, probe: null, busySince: null };
  }

  #stored(): SuspectRow | undefined {
    return this.#turn.row(this.#table, KEY) as SuspectRow | undefined;
  }

  #save(row: SuspectRow): void {
    this.#turn.putRow(this.#table, KEY, row as never);
  }
}
