import type { Json } from '../envelope.ts';

/**
 * Rows that are on disk and were used lately, decoded, so that the few rows of a busy actor are not parsed again and
 * again. Two generations: {@link age}, called from time to time, forgets what was not used since the call before; so
 * does a full younger generation.
 */
export class RowCache {
  readonly #max: number;
  #young = new Map<string, Json>();
  #old = new Map<string, Json>();

  /** At most `max` rows are kept in each generation. */
  constructor(max: number) {
    this.#max = max;
  }

  get(storeKey: string): Json | undefined {
    const young = this.#young.get(storeKey);
    if (young !== undefined) return young;
    const old = this.#old.get(storeKey);
    if (old !== undefined) this.put(storeKey, old);
    return old;
  }

  put(storeKey: string, value: Json): void {
    if (this.#young.size >= this.#max) this.age();
    this.#young.set(storeKey, value);
  }

  /** It was written anew: kept only where somebody had read it, so that rows written once do not crowd out others. */
  update(storeKey: string, value: Json): void {
    if (this.#young.has(storeKey)) this.#young.set(storeKey, value);
    else if (this.#old.has(storeKey)) this.#old.set(storeKey, value);
  }

  drop(storeKey: string): void {
    this.#young.delete(storeKey);
    this.#old.delete(storeKey);
  }

  age(): void {
    this.#old = this.#young;
    this.#young = new Map();
  }
}
