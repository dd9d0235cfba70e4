/** Keeps the newest `capacity` entries; when full the oldest goes, and is counted. */
export class BoundedLog<T> {
  readonly #capacity: number;
  #entries: T[] = [];
  #dropped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Oldest first. */
  get entries(): readonly T[] {
    return this.#entries;
  }

  /** How many entries had to go. An observer must treat any number but 0 as a failed observation. */
  get dropped(): number {
    return this.#dropped;
  }

  push(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length <= this.#capacity) return;
    // A tenth at once, so that a full log does not shift its whole array at every push.
    const surplus = Math.max(1, Math.floor(this.#capacity / 10));
    this.#entries = this.#entries.slice(surplus);
    this.#dropped += surplus;
  }
}
