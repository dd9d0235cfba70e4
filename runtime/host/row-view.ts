import type { Json } from '../envelope.ts';
import type { Store } from '../persistence/store.ts';
import { decodeValue } from '../persistence/value-codec.ts';
import { type RowOverlay, rowStoreKey } from './row-overlay.ts';

export interface RowScan {
  prefix?: string;
  from?: string;
  limit?: number;
  reverse?: boolean;
}

/** Rows as a turn sees them: the store with everything still in flight laid over it. */
export class RowView {
  readonly #store: Store;
  readonly #overlay: RowOverlay;

  constructor(store: Store, overlay: RowOverlay) {
    this.#store = store;
    this.#overlay = overlay;
  }

  get(storeKey: string): Json | undefined {
    const pending = this.#overlay.get(storeKey);
    if (pending) return pending.value ?? undefined;
    const { cache } = this.#overlay;
    const cached = cache.get(storeKey);
    if (cached !== undefined) return cached;
    const bytes = this.#store.get('rows', storeKey);
    if (bytes === undefined) return undefined;
    const value = decodeValue('rows', storeKey, bytes);
    cache.put(storeKey, value);
    return value;
  }

  scan(table: string, scan: RowScan = {}): Array<{ key: string; value: Json }> {
    const pending = this.#overlay.entries(table);
    const stored = this.#scanStore(table, scan, pending?.size ?? 0);
    if (!pending) return stored;
    const merged = new Map<string, Json>();
    for (const { key, value } of stored) if (!pending.has(key)) merged.set(key, value);
    for (const [key, { value }] of pending) {
      if (value !== null && matches(key, scan)) merged.set(key, value);
    }
    const rows = [...merged].map(([key, value]) => ({ key, value }));
    rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    if (scan.reverse) rows.reverse();
    return scan.limit === undefined ? rows : rows.slice(0, scan.limit);
  }

  /** Reads `slack` rows beyond the limit, as that many may be hidden by pending removals. */
  #scanStore(table: string, scan: RowScan, slack: number): Array<{ key: string; value: Json }> {
    const base = rowStoreKey(table, '');
    const start =
      base + (scan.from !== undefined && scan.from > (scan.prefix ?? '') ? scan.from : (scan.prefix ?? ''));
    const end = `${base}${scan.prefix ?? ''}\u{10ffff}`;
    const options = { from: start, to: end, reverse: scan.reverse ?? false };
    const rows: Array<{ key: string; value: Json }> = [];
    const range = this.#store.range(
      'rows',
      scan.limit === undefined ? options : { ...options, limit: scan.limit + slack },
    );
    for (const { key, value } of range) {
      rows.push({ key: key.slice(base.length), value: decodeValue('rows', key, value) });
    }
    return rows;
  }
}

function matches(key: string, scan: RowScan): boolean {
  return (!scan.prefix || key.startsWith(scan.prefix)) && (!scan.from || key >= scan.from);
}
