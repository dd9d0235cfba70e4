import { journalKey } from '../runtime/persistence/journal-chain.ts';
import type { Store } from '../runtime/persistence/store.ts';
import { decodeRaw } from '../runtime/persistence/value-codec.ts';

/** One record of the journal, as far as readers look at it. */
export interface JournalRecord {
  type: string;
  /** When this site took it in, wall milliseconds. */
  receivedAt: number;
  charger?: string;
  data: unknown;
}

type JournalStore = Pick<Store, 'get' | 'range'>;

/** Read at once; then whatever else has to run gets its turn. */
const PORTION = 500;

/**
 * Records from a time on, oldest first, read in portions so that a long journal holds nothing up.
 * @param isWanted looks at the text of a record, which is much cheaper than reading it.
 */
export async function* recordsFrom(
  store: JournalStore,
  fromMs: number,
  isWanted: (text: string) => boolean,
): AsyncGenerator<JournalRecord> {
  for (let from = journalKey(firstSince(store, fromMs)); ; ) {
    const portion = [...store.range('journal', { from, limit: PORTION })];
    for (const { key, value } of portion) {
      const text = decodeRaw('journal', key, value);
      if (isWanted(text)) yield JSON.parse(text) as JournalRecord;
    }
    if (portion.length < PORTION) return;
    from = journalKey(Number(portion.at(-1)!.key) + 1);
    await new Promise((resume) => setImmediate(resume));
  }
}

/** Number of the first record taken in at or after a time, found by halving: records are in the order of time. */
function firstSince(store: JournalStore, fromMs: number): number {
  let low = numberAtEnd(store, false);
  let high = numberAtEnd(store, true) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (receivedAt(store, middle) < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function numberAtEnd(store: JournalStore, reverse: boolean): number {
  for (const { key } of store.range('journal', { limit: 1, reverse })) return Number(key);
  return 0;
}

function receivedAt(store: JournalStore, seq: number): number {
  const key = journalKey(seq);
  const value = store.get('journal', key);
  if (value === undefined) return Number.NEGATIVE_INFINITY;
  return (JSON.parse(decodeRaw('journal', key, value)) as JournalRecord).receivedAt;
}
