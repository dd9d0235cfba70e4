import type { Json } from '../envelope.ts';

interface Pending {
  value: Json | null;
  group: number;
}

/** Rows that turns have written and that are not on disk yet, so that later turns read what earlier ones wrote. */
export class RowOverlay {
  readonly #tables = new Map<string, Map<string, Pending>>();

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
    if (rows?.get(key)?.group !== group) return;
    rows.delete(key);
    if (rows.size === 0) this.#tables.delete(table);
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
