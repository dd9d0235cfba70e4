import type { Json } from '../envelope.ts';
import { limits } from '../limits.ts';
import { RowCache } from './row-cache.ts';

/** A row as a turn wrote it; null removes it. */
export interface RowWrite {
  table: string;
  key: string;
  /** {@link rowStoreKey} of both: made once, and used from the turn to the disk. */
  storeKey: string;
  value: Json | null;
}

interface Pending {
  write: RowWrite;
  group: number;
}

/** Rows that turns have written and that are not on disk yet, so that later turns read what earlier ones wrote. */
export class RowOverlay {
  readonly #pending = new Map<string, Pending>();
  /** The same by table, for scans. */
  readonly #tables = new Map<string, Map<string, RowWrite>>();
  /** What is on disk; a pending row hides it. */
  readonly cache = new RowCache(limits.rowsCached);

  /** undefined: nothing pending; a write of null: pending removal. */
  get(storeKey: string): RowWrite | undefined {
    return this.#pending.get(storeKey)?.write;
  }

  set(write: RowWrite, group: number): void {
    this.#pending.set(write.storeKey, { write, group });
    const rows = this.#tables.get(write.table);
    if (rows) rows.set(write.key, write);
    else this.#tables.set(write.table, new Map([[write.key, write]]));
  }

  entries(table: string): ReadonlyMap<string, RowWrite> | undefined {
    return this.#tables.get(table);
  }

  /** The group is on disk: what it wrote can be read from the store, unless a later group wrote it again. */
  settle({ table, key, storeKey, value }: RowWrite, group: number): void {
    if (this.#pending.get(storeKey)?.group !== group) {
      this.cache.drop(storeKey); // A later group wrote it again.
      return;
    }
    this.#pending.delete(storeKey);
    const rows = this.#tables.get(table);
    rows?.delete(key);
    if (rows?.size === 0) this.#tables.delete(table);
    if (value === null) this.cache.drop(storeKey);
    else this.cache.update(storeKey, value);
  }

  clear(): void {
    this.#pending.clear();
    this.#tables.clear();
  }
}

const SEPARATOR = ' ';

/** The store's key of a row: a space sorts below every character that table names may hold. */
export function rowStoreKey(table: string, key: string): string {
  return table + SEPARATOR + key;
}
