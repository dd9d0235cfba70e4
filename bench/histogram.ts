/** 64 buckets for each power of two: a bucket is at most 1/64 (1.6 %) wide. */
const SUB_BITS = 6;
const SUB_COUNT = 1 << SUB_BITS;
const EXPONENTS = 26;
const BUCKETS = SUB_COUNT * EXPONENTS;

/** Counts of durations in microseconds; values above some 36 minutes count as the highest bucket. */
export class Histogram {
  readonly #counts: Uint32Array;

  constructor(counts: readonly number[] = []) {
    this.#counts = new Uint32Array(BUCKETS);
    this.#counts.set(counts.slice(0, BUCKETS));
  }

  add(micros: number): void {
    this.#counts[bucketOf(micros)]! += 1;
  }

  merge(other: Histogram): void {
    for (let index = 0; index < BUCKETS; index++) this.#counts[index]! += other.#counts[index]!;
  }

  clear(): void {
    this.#counts.fill(0);
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts) total += count;
    return total;
  }

  /** Upper edge in microseconds of the bucket that holds this share (0 to 1) of the values; null when empty. */
  quantileMicros(share: number): number | null {
    const wanted = Math.max(1, Math.ceil(this.total * share));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index]!;
      if (seen >= wanted) return upperEdge(index);
    }
    return null;
  }

  /** For the way between processes; the constructor takes it back. */
  toCounts(): number[] {
    return [...this.#counts];
  }
}

function bucketOf(micros: number): number {
  const value = Math.max(0, Math.floor(micros));
  if (value < SUB_COUNT) return value;
  const shift = Math.floor(Math.log2(value)) - SUB_BITS;
  const bucket = SUB_COUNT * (shift + 1) + Math.floor(value / 2 ** shift) - SUB_COUNT;
  return Math.min(bucket, BUCKETS - 1);
}

function upperEdge(bucket: number): number {
  if (bucket < SUB_COUNT) return bucket;
  const shift = Math.floor(bucket / SUB_COUNT) - 1;
  return (SUB_COUNT + (bucket % SUB_COUNT) + 1) * 2 ** shift - 1;
}
