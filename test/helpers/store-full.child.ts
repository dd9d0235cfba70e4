import { writeSync } from 'node:fs';
import { openLmdbStore } from '../../runtime/persistence/lmdb-store.ts';
import { StoreFault } from '../../runtime/persistence/store.ts';

/** Fills a store until a commit fails, then shows how it behaves, one line each. Argument: data folder. */
const store = await openLmdbStore(process.argv[2]!, {
  clock: { wallMs: () => 1, monotonicMs: () => 0 },
  ballastBytes: 0,
});
process.on('unhandledRejection', (error) => writeSync(1, `unhandled ${String(error)}\n`));

let group = 0;
const writeGroup = () => {
  group += 1;
  const value = Buffer.alloc(4_000, group);
  return store.commit(
    Array.from({ length: 10 }, (_, row) => ({ table: 'rows', key: `${group}/${row}`, value }) as const),
  );
};

let fault: unknown = null;
while (fault === null && group < 10_000)
  await writeGroup().catch((error: unknown) => {
    fault = error;
  });
const failed = group;
writeSync(1, `first fault ${fault instanceof StoreFault}\n`);
writeSync(1, `nothing visible ${store.get('rows', `${failed}/0`) === undefined}\n`);
writeSync(1, `earlier visible ${store.get('rows', `${failed - 1}/9`)?.length === 4_000}\n`);
const again = await writeGroup().then(
  () => null,
  (error: unknown) => error,
);
writeSync(1, `second fault ${again instanceof StoreFault}\n`);
await store.commit([{ table: 'rows', key: '1/0', value: null }]).then(
  () => writeSync(1, 'small commit resolved\n'),
  (error: unknown) => writeSync(1, `small commit ${(error as Error).name}\n`),
);
await store.close();
await new Promise((resolve) => setTimeout(resolve, 100));
writeSync(1, 'closed\n');
