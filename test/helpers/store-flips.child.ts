import { existsSync, mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { walkFile } from '../../runtime/persistence/lmdb-file.ts';
import { openLmdbStore } from '../../runtime/persistence/lmdb-store.ts';
import { type Store, StoreFault } from '../../runtime/persistence/store.ts';
import { CorruptValue, decodeValue } from '../../runtime/persistence/value-codec.ts';

/**
 * Opens and reads damaged copies of one store file, and prints `<index> <verdict>` for each. A damaged file may end
 * this process: started again at the same index it opens that copy as a restarted product would. It ends by itself
 * after a copy whose pages LMDB could not trust, as what such pages do to its memory shows in later copies (seen: a
 * sound copy that read as empty).
 *
 * Arguments: image file, work folder, first index, then one bit offset per copy.
 */
const [imagePath, workFolder, firstText, ...bitTexts] = process.argv.slice(2) as [string, string, string];
const bits = bitTexts.map(Number);
const image = readFileSync(imagePath);
const EXPECTED = 400;
const TABLES = ['meta', 'snapshots', 'outbox', 'journal', 'rows'];

for (let index = Number(firstText); index < bits.length; index++) {
  const folder = join(workFolder, String(index));
  if (!existsSync(folder)) {
    mkdirSync(folder);
    const copy = Buffer.from(image);
    const bit = bits[index]!;
    copy[bit >> 3] = copy[bit >> 3]! ^ (1 << (bit & 7));
    writeFileSync(join(folder, 'store.mdb'), copy);
  }
  const path = join(folder, 'store.mdb');
  const trusted = (await walkFile(path, TABLES, monotonicMs)) === null;
  const verdict = await verdictOf(folder);
  writeSync(1, `${index} ${verdict}\n`);
  if (!trusted && verdict !== 'quarantined') break;
}
process.exit(0);

async function verdictOf(folder: string): Promise<string> {
  const store = await openLmdbStore(folder, { clock: { wallMs: () => 1, monotonicMs }, ballastBytes: 0 });
  if (store.quarantined !== null) return 'quarantined';
  try {
    const read = readAll(store);
    if (read === EXPECTED) return 'right';
    const problem = await walkFile(join(folder, 'store.mdb'), TABLES, monotonicMs);
    return problem === null ? `wrong: ${read} entries` : 'found by the walk';
  } catch (error) {
    if (error instanceof CorruptValue) return 'corrupt value';
    if (error instanceof StoreFault) return 'read fault';
    return `error ${(error as Error).name} ${(error as Error).message}`;
  }
}

function monotonicMs(): number {
  return Math.round(performance.now());
}

function readAll(store: Store): number {
  let count = 0;
  for (const { key, value } of store.range('rows')) {
    const decoded = decodeValue('rows', key, value) as { n: number; text: string };
    const right =
      key === `row/${String(decoded.n).padStart(5, '0')}` && decoded.text === 'x'.repeat(decoded.n % 300);
    if (!right) throw new Error(`wrong value under ${key}`);
    count += 1;
  }
  return count;
}
