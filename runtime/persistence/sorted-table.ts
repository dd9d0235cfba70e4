import type { RangeOptions } from './store.ts';
import { compareStoreKeys } from './store-key.ts';

export interface TableEntry {
  key: string;
  value: Uint8Array;
}

/** One table in memory: entries by key, kept in the order LMDB keeps them. Appending is cheap. */
export class SortedTable {
  readonly #keys: string[];
  readonly #values: Map<string, Uint8Array>;
  /** Counts changes of the key list, so that a walk notices that its position moved. */
  #version = 0;

  private constructor(keys: string[], values: Map<string, Uint8Array>) {
    this.#keys = keys;
    this.#values = values;
  }

  static empty(): SortedTable {
    return new SortedTable([], new Map());
  }

  /** An independent copy; the values are shared, as nobody changes their bytes. */
  copy(): SortedTable {
    return new SortedTable([...this.#keys], new Map(this.#values));
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  put(key: string, value: Uint8Array): void {
    if (!this.#values.has(key)) {
      this.#keys.splice(this.#firstAtOrAfter(key), 0, key);
      this.#version += 1;
    }
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    this.#keys.splice(this.#firstAtOrAfter(key), 1);
    this.#version += 1;
  }

  *range(options: RangeOptions): Generator<TableEntry> {
    const step = options.reverse === true ? -1 : 1;
    let index = this.#start(options);
    let version = this.#version;
    for (let left = options.limit ?? Number.POSITIVE_INFINITY; left > 0; left--) {
      const key = this.#keys[index];
      if (key === undefined || !isWithin(key, options)) return;
      yield { key, value: this.#values.get(key)! };
      if (version !== this.#version) {
        version = this.#version;
        index = this.#indexAfter(key, step);
      } else {
        index += step;
      }
    }
  }

  #start(options: RangeOptions): number {
    if (options.reverse === true) {
      return (options.to === undefined ? this.#keys.length : this.#firstAtOrAfter(options.to)) - 1;
    }
    return options.from === undefined ? 0 : this.#firstAtOrAfter(options.from);
  }

  #indexAfter(key: string, step: 1 | -1): number {
    const slot = this.#firstAtOrAfter(key);
    if (step === -1) return slot - 1;
    return this.#keys[slot] === key ? slot + 1 : slot;
  }

  #firstAtOrAfter(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    // Most writes append: look at the end before searching.
    if (high > 0 && compareStoreKeys(this.#keys[high - 1]!, key) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareStoreKeys(this.#keys[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isWithin(key: string, options: RangeOptions): boolean {
  if (options.from !== undefined && compareStoreKeys(key, options.from) < 0) return false;
  return options.to === undefined || compareStoreKeys(key, options.to) < 0;
}
