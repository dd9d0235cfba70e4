import type { DraftText } from '../persistence/journal-chain.ts';
import type { PortEffect } from './actor-kind.ts';
import type { ActorRecord } from './actor-record.ts';
import type { MailItem } from './mail.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Farewell } from './quarantines.ts';
import type { RowWrite } from './row-overlay.ts';

/** A port effect on its way: released once, either with its group or (a cut) before it. */
export interface PendingEffect {
  effect: PortEffect;
  /** The envelope whose turn decided it, and its place among that turn's effects. */
  envelopeId: string;
  index: number;
  /** Whose effect it is and what it sets: of two in one slot only the newer counts. */
  slot: string;
  released: boolean;
  /** Left before its commit was on disk. */
  late: boolean;
  lateTimer: object | undefined;
}

/** One turn that ran: what must be given back if its group fails, and what is released if it succeeds. */
export interface RunTurn {
  record: ActorRecord;
  item: MailItem;
  tells: OutboxEntry[];
  /** Undelivered `latest` entries that this turn's tells replace. */
  superseded: OutboxEntry[];
  effects: PendingEffect[];
  /** Set where no actor ran: the supervisor spoke for one that it set aside. */
  farewell?: Farewell;
}

/** The turns that go to disk together in one LMDB transaction. */
export class Group {
  readonly no: number;
  /** Monotonic time of the first turn. */
  openedAtMs = 0;
  readonly turns: RunTurn[] = [];
  /** Outbox entries by their ids, the newest write of each; null: the entry is done with. */
  readonly outbox = new Map<string, string | null>();
  /** Journal drafts in the order of the turns; numbered and chained when the group is sealed. */
  readonly journal: DraftText[] = [];
  /** Journal drafts of no turn (an alarm, a cut that left late): kept for the next group when this one fails. */
  readonly notes: DraftText[] = [];
  /** Actors whose snapshot or timers moved. */
  readonly dirty = new Set<ActorRecord>();
  immediate = false;
  /** Carried out once the group is on disk, after its effects. */
  readonly afterwards: Array<() => void> = [];
  /** By store key, the newest write of each. */
  readonly #rows = new Map<string, RowWrite>();
  /** The same by table and key, once somebody has asked. */
  #tables: Map<string, Map<string, RowWrite>> | undefined;

  constructor(no: number) {
    this.no = no;
  }

  writeRow(row: RowWrite): void {
    this.#rows.set(row.storeKey, row);
    if (this.#tables) addTo(this.#tables, row);
  }

  row(storeKey: string): RowWrite | undefined {
    return this.#rows.get(storeKey);
  }

  rows(): Iterable<RowWrite> {
    return this.#rows.values();
  }

  rowsOf(table: string): ReadonlyMap<string, RowWrite> | undefined {
    if (!this.#tables) {
      this.#tables = new Map();
      for (const row of this.#rows.values()) addTo(this.#tables, row);
    }
    return this.#tables.get(table);
  }

  get empty(): boolean {
    return (
      this.turns.length === 0 &&
      this.journal.length === 0 &&
      this.notes.length === 0 &&
      this.#rows.size === 0 &&
      this.outbox.size === 0
    );
  }
}

function addTo(tables: Map<string, Map<string, RowWrite>>, row: RowWrite): void {
  const rows = tables.get(row.table);
  if (rows) rows.set(row.key, row);
  else tables.set(row.table, new Map([[row.key, row]]));
}
