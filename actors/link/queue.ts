import type { Turn } from '../../runtime/host/actor-kind.ts';
import { type Draining, type InFlightRow, type QueueRow, queueKey } from '../tells.ts';

/** Rows looked through for boot and status messages in one turn; the rest of a longer backlog comes with the next ones. */
const SCAN_ROWS = 4_000;

const NOTHING: InFlightRow = { n: null, repeat: null, draining: null };
const KEY = 'call';

/** The queue of one charger as the link drains it: table `north/<charger>`. */
export class LinkQueue {
  readonly #turn: Turn;
  readonly #charger: string;

  constructor(turn: Turn, charger: string) {
    this.#turn = turn;
    this.#charger = charger;
  }

  row(n: number): QueueRow | undefined {
    return this.#turn.row(this.#table, queueKey(n)) as QueueRow | undefined;
  }

  /** Puts a message into its place by number: back there, or back from where it was set aside. */
  put(row: QueueRow): void {
    this.#turn.putRow(this.#table, queueKey(row.n), { ...row });
    const sent = this.#inFlight();
    if (sent.n !== null && row.n < sent.n) this.#save({ ...sent, putBack: true });
  }

  remove(n: number): void {
    this.#turn.removeRow(this.#table, queueKey(n));
  }

  /** The later messages of the transaction that a start begins; of any other message there are none. */
  followersOf({ kind, n, session }: QueueRow): QueueRow[] {
    if (kind !== 'start' || session === null) return [];
    return this.#read({ from: queueKey(n + 1) }).filter((other) => other.session === session);
  }

  isBusy(): boolean {
    return this.underWay() !== undefined;
  }

  /** The message that was sent and has no final word yet. */
  underWay(): QueueRow | undefined {
    const { n } = this.#inFlight();
    return n === null ? undefined : this.row(n);
  }

  markSent(n: number): void {
    const { draining, repeat, putBack } = this.#inFlight();
    // What is in doubt leaves before all others, the oldest included.
    const isOldest = n !== repeat;
    this.#save({ n, repeat: null, draining, ...(putBack && !isOldest ? { putBack } : {}) });
  }

  /** The message under way got an answer that is not the final word: it may leave again, and is not in doubt. */
  markRefused(): void {
    this.#save({ ...this.#inFlight(), n: null, repeat: null });
  }

  /** A new socket: what was under way on the old one is in doubt, and what goes first is looked for anew. */
  startDraining(): void {
    const { n, repeat } = this.#inFlight();
    this.#save({ n: null, repeat: n ?? repeat, draining: { scannedTo: -1, first: [] } });
  }

  /** The link has not found the queue empty since its socket opened. */
  isDraining(): boolean {
    return this.#inFlight().draining !== null;
  }

  /** The backlog is gone; from here on everything leaves by number. */
  endDraining(): void {
    this.#save({ ...this.#inFlight(), draining: null });
  }

  isInDoubt(n: number): boolean {
    return this.#inFlight().repeat === n;
  }

  /** What is to leave next; undefined when the queue is empty. */
  next(): QueueRow | undefined {
    const { n, repeat, draining, putBack } = this.#inFlight();
    const inDoubt = repeat === null ? undefined : this.row(repeat);
    if (inDoubt) return inDoubt;
    if (draining) return this.#nextFirst(draining) ?? this.#oldest();
    if (putBack) return this.#oldest();
    // Outside of a backlog everything leaves by number, so the one after the last is nearly always next.
    return (n === null ? undefined : this.row(n + 1)) ?? this.#oldest();
  }

  #nextFirst(draining: Draining): QueueRow | undefined {
    const fresh = this.#read({ from: queueKey(draining.scannedTo + 1), limit: SCAN_ROWS });
    const candidates = draining.first
      .map((n) => this.row(n))
      .concat(fresh)
      .filter((row) => row !== undefined && row.lane !== 'history') as QueueRow[];
    const first = candidates.sort(bootThenNumber);
    const scannedTo = fresh.at(-1)?.n ?? draining.scannedTo;
    if (fresh.length > 0 || first.length !== draining.first.length) {
      this.#save({ ...this.#inFlight(), draining: { scannedTo, first: first.map(({ n }) => n) } });
    }
    return first[0];
  }

  #oldest(): QueueRow | undefined {
    return this.#read({ limit: 1 })[0];
  }

  get #table(): string {
    return `north/${this.#charger}`;
  }

  #read(options: { from?: string; limit?: number }): QueueRow[] {
    return this.#turn.rows(this.#table, options).map(({ value }) => value as unknown as QueueRow);
  }

  #inFlight(): InFlightRow {
    return (this.#turn.row(`inFlight/${this.#charger}`, KEY) as InFlightRow | undefined) ?? NOTHING;
  }

  #save(row: InFlightRow): void {
    this.#turn.putRow(`inFlight/${this.#charger}`, KEY, row as never);
  }
}

function bootThenNumber(a: QueueRow, b: QueueRow): number {
  if (a.lane !== b.lane) return a.lane === 'boot' ? -1 : 1;
  return a.n - b.n;
}
