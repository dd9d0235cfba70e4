import { writeSync } from 'node:fs';
import { open } from 'lmdb';

/** Holds the one write transaction that an LMDB file allows: every other writer waits. Arguments: file, milliseconds. */
const [path, holdMs] = process.argv.slice(2);
const root = open({ path: path!, noSubdir: true, encoding: 'binary', maxDbs: 12 });
root.transactionSync(() => {
  writeSync(1, 'held\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(holdMs));
});
await root.close();
