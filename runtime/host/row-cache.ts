import type { Json } from '../envelope.ts';

/**
 * Rows that are on disk and were used lately, decoded, so that the few rows of a busy actor are not parsed again and
 * again. At the cap the one put in first goes.
 */
export class RowCache {
  readonly #max: number;
  readonly #rows = new Map<string, Json>();

  constructor(max: number) {
    this.#max = max;
  }

  get(storeKey: string): Json | undefined {
    return this.#rows.get(storeKey);
  }

  put(storeKey: string, value: Json): void {
    if (this.#rows.size >= this.#max && !this.#rows.has(storeKey)) {
      const oldest = this.#rows.keys().next();
      if (!oldest.done) this.#rows.delete(oldest.value);
    }
    this.#rows.set(storeKey, value);
  }

  /** It was written anew: kept only where somebody had read it, so that rows written once do not crowd out others. */
  update(storeKey: string, value: Json): void {
    if (this.#rows.has(storeKey)) this.#rows.set(storeKey, value);
  }

  drop(storeKey: string): void {
    this.#rows.delete(storeKey);
  }
}
