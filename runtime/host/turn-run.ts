import type { AnyMachineSnapshot, EventObject } from 'xstate';
import type { Address } from '../address.ts';
import type { Envelope, Json } from '../envelope.ts';
import { assertStoreKey } from '../persistence/store-key.ts';
import type { JournalEntry, PortEffect, TellOptions, Turn } from './actor-kind.ts';
import type { ActorRecord } from './actor-record.ts';
import { type RowWrite, rowStoreKey } from './row-overlay.ts';
import type { RowScan, RowView } from './row-view.ts';
import type { StepResult, TimerOperation } from './step.ts';

export interface StagedTell {
  to: Address;
  type: string;
  data: Json;
  options: TellOptions;
}

/** What turns read and make ids from; given by the host. */
export interface TurnSurroundings {
  rows: RowView;
  newUuid: () => string;
}

/** One turn while it runs: everything it does is only collected here, so that a throw leaves no trace. */
export class TurnRun implements Turn {
  readonly self: Address;
  readonly envelope: Envelope;
  readonly at: number;
  readonly record: ActorRecord;
  readonly tells: StagedTell[] = [];
  readonly effects: PortEffect[] = [];
  readonly journalled: JournalEntry[] = [];
  readonly timerOperations: TimerOperation[] = [];
  /** By store key. */
  readonly rowWrites = new Map<string, RowWrite>();
  relaxed = false;
  inMemory = false;
  changed = false;
  readonly #surroundings: TurnSurroundings;

  constructor(record: ActorRecord, envelope: Envelope, surroundings: TurnSurroundings) {
    this.record = record;
    this.self = record.address;
    this.envelope = envelope;
    this.at = envelope.receivedAt;
    this.#surroundings = surroundings;
  }

  snapshot(): AnyMachineSnapshot {
    return this.record.runner!.snapshot();
  }

  step(event: EventObject): boolean {
    return this.absorb(this.record.runner!.step(event));
  }

  /** Takes in what a step of the machine asked for; effects run in order, and may step again. */
  absorb(result: StepResult): boolean {
    if (result.changed) this.changed = true;
    this.timerOperations.push(...result.timers);
    for (const effect of result.effects) this.record.kind.onEffect(this, effect);
    return result.changed;
  }

  tell(to: Address, type: string, data: Json, options: TellOptions = {}): void {
    this.tells.push({ to, type, data, options });
  }

  perform(effect: PortEffect): void {
    this.effects.push(effect);
  }

  journal(entry: JournalEntry): void {
    this.journalled.push(entry);
  }

  row<T extends Json>(table: string, key: string): T | undefined {
    const storeKey = rowStoreKey(table, key);
    const own = this.rowWrites.get(storeKey);
    if (own) return (own.value ?? undefined) as T | undefined;
    return this.#surroundings.rows.get(storeKey) as T | undefined;
  }

  putRow(table: string, key: string, value: Json): void {
    const storeKey = rowStoreKey(table, key);
    // An unstorable key must fail this turn, not the group that it shares with others.
    assertStoreKey(table, storeKey);
    this.rowWrites.set(storeKey, { table, key, storeKey, value });
  }

  removeRow(table: string, key: string): void {
    const storeKey = rowStoreKey(table, key);
    this.rowWrites.set(storeKey, { table, key, storeKey, value: null });
  }

  rows<T extends Json>(table: string, scan: RowScan = {}): Array<{ key: string; value: T }> {
    const own = [...this.rowWrites.values()].filter(
      (write) =>
        write.table === table && write.key.startsWith(scan.prefix ?? '') && write.key >= (scan.from ?? ''),
    );
    if (own.length === 0)
      return this.#surroundings.rows.scan(table, scan) as Array<{ key: string; value: T }>;
    const wide = scan.limit === undefined ? scan : { ...scan, limit: scan.limit + own.length };
    const merged = new Map(this.#surroundings.rows.scan(table, wide).map(({ key, value }) => [key, value]));
    for (const { key, value } of own) {
      if (value === null) merged.delete(key);
      else merged.set(key, value);
    }
    const rows = [...merged].map(([key, value]) => ({ key, value: value as T }));
    rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    if (scan.reverse) rows.reverse();
    return scan.limit === undefined ? rows : rows.slice(0, scan.limit);
  }

  newUuid(): string {
    return this.#surroundings.newUuid();
  }

  relax(): void {
    this.relaxed = true;
  }

  keepInMemory(): void {
    this.inMemory = true;
  }
}
