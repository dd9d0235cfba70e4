import { SortedTable, type TableEntry } from './sorted-table.ts';
import { type RangeOptions, type Store, StoreFault, type StoreWrite, type TableName } from './store.ts';
import { assertStoreKey } from './store-key.ts';

/** Contents of a store at one instant, to open another one from. */
export interface MemoryImage {
  readonly tables: ReadonlyMap<TableName, SortedTable>;
}

/**
 * One moment of one call to the store, at which a crash can be injected:
 * `before` nothing has happened; `committed` the group is visible but a power cut would lose it;
 * `flushed` it is on disk, and the caller does not know yet. Reads have only `before`.
 */
export interface StoreCall {
  method: 'get' | 'range' | 'commit' | 'close';
  phase: 'before' | 'committed' | 'flushed';
}

export interface MemoryStoreOptions {
  /** Contents to start with; the image itself is not changed. */
  image?: MemoryImage;
  /**
   * When a commit's next step (`commit`, then `flush`) happens: `manual` waits for {@link MemoryStore.step};
   * a function decides itself, for instance `(run) => clock.defer(run)`. Default: a microtask for each step.
   */
  schedule?: 'manual' | ((run: () => void, step: 'commit' | 'flush') => void);
  /** Called at every {@link StoreCall}; it may call `kill()` or `powerCut()`. */
  onCall?: (call: StoreCall) => void;
}

/** A call reached a store whose process has crashed: a part of the old process is still running. */
export class StoreCrashed extends Error {
  override readonly name = 'StoreCrashed';
}

interface Group {
  writes: readonly StoreWrite[];
  bytes: number;
  step: 'commit' | 'flush';
  resolve: () => void;
  reject: (fault: StoreFault) => void;
}

type Phase = 'open' | 'closed' | 'crashed';

/** Opens the in-memory twin of the LMDB store, for tests and for the deterministic simulator. */
export function openMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryStore(options);
}

/**
 * Keeps what was called, committed (visible) and flushed (on disk) apart, because a killed process loses the
 * first and a power cut also the second. Reads see the committed layer, as with LMDB.
 */
export class MemoryStore implements Store {
  readonly stats = { commits: 0, bytes: 0 };
  readonly #committed: Map<TableName, SortedTable>;
  readonly #flushed: Map<TableName, SortedTable>;
  readonly #schedule: 'manual' | ((run: () => void, step: 'commit' | 'flush') => void);
  readonly #onCall: (call: StoreCall) => void;
  #group: Group | null = null;
  #phase: Phase = 'open';
  #nextFault: 'full' | 'io' | null = null;
  #stalled = false;
  #missedStep = false;
  #idleWaiters: Array<() => void> = [];
  #callsAfterCrash = 0;

  constructor(options: MemoryStoreOptions) {
    this.#committed = copyTables(options.image?.tables ?? new Map());
    this.#flushed = copyTables(options.image?.tables ?? new Map());
    this.#schedule = options.schedule ?? ((run) => queueMicrotask(run));
    this.#onCall = options.onCall ?? (() => undefined);
  }

  /** Calls that came in after a crash; anything but 0 at the next turn of the event loop is a zombie. */
  get callsAfterCrash(): number {
    return this.#callsAfterCrash;
  }

  /** The next step of the commit in flight, or null. */
  get pendingStep(): 'commit' | 'flush' | null {
    return this.#group?.step ?? null;
  }

  get(table: TableName, key: string): Uint8Array | undefined {
    this.#enterRead('get');
    const value = this.#committed.get(table)?.get(key);
    return value === undefined ? undefined : Buffer.from(value);
  }

  range(table: TableName, options: RangeOptions = {}): Iterable<TableEntry> {
    this.#enterRead('range');
    return copiesOf(this.#committed.get(table)?.range(options) ?? []);
  }

  async commit(writes: readonly StoreWrite[]): Promise<void> {
    if (this.#phase === 'open') this.#onCall({ method: 'commit', phase: 'before' });
    if (this.#isCrashed()) return neverSettles();
    if (this.#phase === 'closed') throw new StoreFault('closed', 'the store is closed');
    if (this.#group !== null) throw new StoreFault('io', 'commit() while another commit is in flight');
    let bytes = 0;
    for (const { table, key, value } of writes) {
      assertStoreKey(table, key);
      bytes += key.length + (value?.length ?? 0);
    }
    if (writes.length === 0) return;
    // Copied now, as LMDB does: what the caller does to its buffers later does not matter.
    const copies = writes.map((write) =>
      write.value === null ? write : { ...write, value: Uint8Array.from(write.value) },
    );
    await new Promise<void>((resolve, reject) => {
      this.#group = { writes: copies, bytes, step: 'commit', resolve, reject };
      this.#scheduleStep();
    });
  }

  /** Takes the commit in flight one step on (only with `schedule: 'manual'`, or after a stall). */
  step(): void {
    if (this.#stalled) this.#missedStep = true;
    else this.#takeStep();
  }

  /** The next commit, in flight or to come, fails before anything of it is visible. */
  failNext(code: 'full' | 'io'): void {
    this.#nextFault = code;
  }

  /** From now on commits neither become visible nor reach the disk, as when the disk hangs. */
  stall(): void {
    this.#stalled = true;
  }

  /** Ends a stall; the step that was due meanwhile happens now. */
  resume(): void {
    this.#stalled = false;
    if (!this.#missedStep) return;
    this.#missedStep = false;
    this.#takeStep();
  }

  /** The process dies: what was committed survives in the system's page cache. Pending promises never settle. */
  kill(): MemoryImage {
    this.#crash();
    return { tables: copyTables(this.#committed) };
  }

  /** The machine loses power: only what was flushed survives. Pending promises never settle. */
  powerCut(): MemoryImage {
    this.#crash();
    return { tables: copyTables(this.#flushed) };
  }

  /** Waits for the commit in flight, then refuses everything. */
  async close(): Promise<void> {
    if (this.#phase === 'open') this.#onCall({ method: 'close', phase: 'before' });
    if (this.#isCrashed()) return neverSettles();
    this.#phase = 'closed';
    if (this.#group !== null) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #enterRead(method: 'get' | 'range'): void {
    if (this.#phase === 'open') this.#onCall({ method, phase: 'before' });
    if (this.#isCrashed()) throw new StoreCrashed(`${method}() after the crash`);
    if (this.#phase === 'closed') throw new StoreFault('closed', 'the store is closed');
  }

  #isCrashed(): boolean {
    if (this.#phase !== 'crashed') return false;
    this.#callsAfterCrash += 1;
    return true;
  }

  #crash(): void {
    this.#phase = 'crashed';
    this.#group = null;
    this.#idleWaiters = [];
  }

  #scheduleStep(): void {
    if (this.#schedule === 'manual') return;
    this.#schedule(() => this.step(), this.#group?.step ?? 'commit');
  }

  #takeStep(): void {
    const group = this.#group;
    if (group === null) return;
    if (group.step === 'flush') {
      this.#finishFlush(group);
      return;
    }
    if (this.#nextFault !== null) {
      const code = this.#nextFault;
      this.#nextFault = null;
      this.#settle(() => group.reject(new StoreFault(code, `injected fault: ${code}`)));
      return;
    }
    apply(this.#committed, group.writes);
    group.step = 'flush';
    this.#onCall({ method: 'commit', phase: 'committed' });
    if (this.#group === group) this.#scheduleStep();
  }

  #finishFlush(group: Group): void {
    apply(this.#flushed, group.writes);
    this.#onCall({ method: 'commit', phase: 'flushed' });
    if (this.#group !== group) return;
    this.stats.commits += 1;
    this.stats.bytes += group.bytes;
    this.#settle(group.resolve);
  }

  #settle(settleGroup: () => void): void {
    this.#group = null;
    settleGroup();
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }
}

/** A crashed process never learns how its call ended. */
function neverSettles(): Promise<never> {
  return new Promise(() => undefined);
}

function* copiesOf(entries: Iterable<TableEntry>): Generator<TableEntry> {
  for (const { key, value } of entries) yield { key, value: Buffer.from(value) };
}

function apply(tables: Map<TableName, SortedTable>, writes: readonly StoreWrite[]): void {
  for (const write of writes) {
    let table = tables.get(write.table);
    if (table === undefined) {
      table = SortedTable.empty();
      tables.set(write.table, table);
    }
    if (write.value === null) table.delete(write.key);
    else table.put(write.key, write.value);
  }
}

function copyTables(tables: ReadonlyMap<TableName, SortedTable>): Map<TableName, SortedTable> {
  return new Map([...tables].map(([name, table]) => [name, table.copy()]));
}
