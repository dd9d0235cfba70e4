import type { Json } from '../envelope.ts';
import { limits } from '../limits.ts';
import type { Group } from './group.ts';
import { RowCache } from './row-cache.ts';

/** A row as a turn wrote it; null removes it. */
export interface RowWrite {
  table: string;
  key: string;
  /** {@link rowStoreKey} of both: made once, and used from the turn to the disk. */
  storeKey: string;
  value: Json | null;
}

/**
 * Rows that turns have written and that are not on disk yet, so that later turns read what earlier ones wrote. They
 * stay in their groups and are forgotten with them, not one by one: a map whose entries come and go grows new tables
 * all the time, and each old one keeps what it held alive, and its successor, until a full garbage collection.
 */
export class RowOverlay {
  /** Groups that have written rows, oldest first: the one in flight and the open one. */
  readonly #groups: Group[] = [];
  /** What is on disk; a pending row hides it. */
  readonly cache = new RowCache(limits.rowsCached);

  /** undefined: nothing pending; a write of null: pending removal. */
  get(storeKey: string): RowWrite | undefined {
    for (let index = this.#groups.length - 1; index >= 0; index--) {
      const write = this.#groups[index]!.row(storeKey);
      if (write) return write;
    }
    return undefined;
  }

  set(write: RowWrite, group: Group): void {
    if (this.#groups.at(-1) !== group) this.#groups.push(group);
    group.writeRow(write);
  }

  /** The pending rows of a table by their keys. */
  entries(table: string): ReadonlyMap<string, RowWrite> | undefined {
    let entries: ReadonlyMap<string, RowWrite> | undefined;
    for (const group of this.#groups) {
      const rows = group.rowsOf(table);
      if (rows) entries = entries ? new Map([...entries, ...rows]) : rows;
    }
    return entries;
  }

  /** The group is on disk: what it wrote can be read from the store, unless a later group wrote it again. */
  settle(group: Group): void {
    const index = this.#groups.indexOf(group);
    if (index >= 0) this.#groups.splice(index, 1);
    for (const { storeKey, value } of group.rows()) {
      if (value === null || this.get(storeKey)) this.cache.drop(storeKey);
      else this.cache.update(storeKey, value);
    }
  }

  clear(): void {
    this.#groups.length = 0;
  }
}

const SEPARATOR = ' ';

/** The store's key of a row: a space sorts below every character that table names may hold. */
export function rowStoreKey(table: string, key: string): string {
  return table + SEPARATOR + key;
}
