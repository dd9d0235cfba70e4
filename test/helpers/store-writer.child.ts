import { writeSync } from 'node:fs';
import { openLmdbStore } from '../../runtime/persistence/lmdb-store.ts';
import type { StoreWrite } from '../../runtime/persistence/store.ts';
import { decodeValue, encodeValue } from '../../runtime/persistence/value-codec.ts';

/**
 * Writes numbered groups of 20 rows until it is killed, each with the counter in `meta`, and prints every
 * number once its commit has resolved. Argument: data folder.
 */
const folder = process.argv[2]!;
const store = await openLmdbStore(folder, {
  clock: { wallMs: () => 1, monotonicMs: () => 0 },
  ballastBytes: 0,
});
const stored = store.get('meta', 'last');
let group = stored === undefined ? 0 : (decodeValue('meta', 'last', stored) as number);

for (;;) {
  group += 1;
  const writes: StoreWrite[] = [];
  for (let row = 0; row < 20; row++) {
    const key = `${String(group).padStart(6, '0')}/${String(row).padStart(2, '0')}`;
    writes.push({ table: 'rows', key, value: encodeValue(key, { group, row, pad: 'p'.repeat(50 * row) }) });
  }
  writes.push({ table: 'meta', key: 'last', value: encodeValue('last', group) });
  await store.commit(writes);
  writeSync(1, `${group}\n`);
}
