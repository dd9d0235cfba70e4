import type { Json } from '../envelope.ts';
import { limits } from '../limits.ts';
import { RowCache } from './row-cache.ts';

interface Pending {
  value: Json | null;
  group: number;
}

/** Rows that turns have written and that are not on disk yet, so that later turns read what earlier ones wrote. */
export class RowOverlay {
  readonly #tables = new Map<string, Map<string, Pending>>();
  /** What is on disk; a pending row hides it. */
  readonly cache = new RowCache(limits.rowsCached);

  /** undefined: nothing pending; `{ value: null }`: pending removal. */
  get(table: string, key: string): Pending | undefined {
    return this.#tables.get(table)?.get(key);
  }

  set(table: string, key: string, value: Json | null, group: number): void {
    let rows = this.#tables.get(table);
    if (!rows) {
      rows = new Map();
      this.#tables.set(table, rows);
    }
    rows.set(key, { value, group });
  }

  entries(table: string): ReadonlyMap<string, Pending> | undefined {
    return this.#tables.get(table);
  }

  /** The group is on disk: what it wrote can be read from the store, unless a later group wrote it again. */
  settle(table: string, key: string, group: number): void {
    const rows = this.#tables.get(table);
    const pending = rows?.get(key);
    const storeKey = rowStoreKey(table, key);
    if (!rows || pending?.group !== group) {
      this.cache.drop(storeKey); // A later group wrote it again.
      return;
    }
    rows.delete(key);
    if (rows.size === 0) this.#tables.delete(table);
    if (pending.value === null) this.cache.drop(storeKey);
    else this.cache.update(storeKey, pending.value);
  }

  clear(): void {
    this.#tables.clear();
  }
}

const SEPARATOR = ' ';

/** The store's key of a row: a space sorts below every character that table names may hold. */
export function rowStoreKey(table: string, key: string): string {
  return `${table}${SEPARATOR}${key}`;
}
