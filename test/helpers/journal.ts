import { openLmdbStore } from '../../runtime/persistence/lmdb-store.ts';
import type { Store } from '../../runtime/persistence/store.ts';
import { decodeRaw } from '../../runtime/persistence/value-codec.ts';
import { SystemClock } from '../../runtime/system-clock.ts';

/** One journal record, as far as tests look at it. */
export interface JournalRecord {
  /** Begins with the number of the process start, eight digits. */
  id: string;
  type: string;
  at: number;
  receivedAt: number;
  clockTrust: string;
  to: string;
  data: Record<string, unknown>;
  reason?: { code: string; params?: Record<string, unknown> };
}

/** Every record, oldest first. */
export function journalOf(store: Pick<Store, 'range'>): JournalRecord[] {
  return [...store.range('journal')].map(
    ({ key, value }) => JSON.parse(decodeRaw('journal', key, value)) as JournalRecord,
  );
}

/** The journal of a data folder that no process holds. */
export async function readJournal(dataFolder: string): Promise<JournalRecord[]> {
  const store = await openLmdbStore(`${dataFolder}/store`, { clock: new SystemClock(), ballastBytes: 0 });
  const records = journalOf(store);
  await store.close();
  return records;
}
