import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { walkFile } from '../../../../runtime/persistence/lmdb-file.ts';
import { openLmdbStore } from '../../../../runtime/persistence/lmdb-store.ts';
import type { StoreWrite, TableName } from '../../../../runtime/persistence/store.ts';
import { Prng } from '../../../../simulation/prng.ts';
import { makeTempFolder } from '../../../helpers/temp-folder.ts';

const TABLES: readonly TableName[] = ['meta', 'snapshots', 'outbox', 'journal', 'rows'];
const PAGE_BYTES = 4_096;
const OVERFLOW_PAGE = 4;

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let file: string;

beforeEach(async () => {
  temp = await makeTempFolder('walk');
  file = join(temp.path, 'store.mdb');
});
afterEach(() => temp.remove());

/** Keys come, change and go; some values need pages of their own, and the trees get three levels. */
async function writeLife(seed: number, groups: number, afterEachGroup = async () => {}): Promise<void> {
  const random = new Prng(seed);
  const store = await openLmdbStore(temp.path, {
    clock: { wallMs: () => 1, monotonicMs: () => 0 },
    ballastBytes: 0,
  });
  for (let group = 0; group < groups; group++) {
    const writes = Array.from({ length: 60 }, (): StoreWrite => {
      const table = TABLES[random.integer(0, 4)]!;
      const key = `${'k'.repeat(random.integer(1, 80))}/${random.integer(0, 400)}`;
      const bytes = random.integer(0, 9) === 0 ? random.integer(2_000, 30_000) : random.integer(0, 700);
      return { table, key, value: random.integer(0, 3) === 0 ? null : Buffer.alloc(bytes, group) };
    });
    await store.commit(writes);
    await afterEachGroup();
  }
  await store.close();
}

/** Damages the first page of a value of this table and says what the walk finds. */
async function walkWithDamage(table: TableName): Promise<string | null> {
  const image = await readFile(file);
  const handle = await open(file, 'r+');
  try {
    for (let at = 2 * PAGE_BYTES; at < image.length; at += PAGE_BYTES) {
      if ((image.readUInt16LE(at + 18) & 0xfff) !== OVERFLOW_PAGE) continue;
      await handle.write(Buffer.from([image[at]! ^ 1]), 0, 1, at);
      const problem = await walkFile(file, TABLES, () => 0);
      if (problem?.includes(`of ${table}`)) return problem;
      await handle.write(image, at, 1, at);
    }
    return null;
  } finally {
    await handle.close();
  }
}

describe('the walk over an LMDB file', () => {
  it('keeps its place in pages that name more large values than it keeps blocks in memory', async () => {
    const store = await openLmdbStore(temp.path, {
      clock: { wallMs: () => 1, monotonicMs: () => 0 },
      ballastBytes: 0,
    });
    const keys = Array.from({ length: 300 }, (_, index) => String(index).padStart(3, '0'));
    for (const key of keys) await store.commit([{ table: 'rows', key, value: Buffer.alloc(70_000, key) }]);
    await store.close();
    expect(await walkFile(file, TABLES, () => 0)).toBeNull();
  });

  it.each([1, 2, 3])(
    'finds a file sound after every group that was flushed into it, seed %i',
    async (seed) => {
      const found: (string | null)[] = [];
      await writeLife(seed, 60, async () => {
        found.push(await walkFile(file, TABLES, () => 0));
      });
      found.push(await walkFile(file, TABLES, () => 0));
      expect(found).toEqual(Array.from({ length: 61 }, () => null));
    },
  );

  it('finds any flipped bit of what says where pages and entries are', async () => {
    await writeLife(4, 8);
    const image = await readFile(file);
    const handle = await open(file, 'r+');
    const isFound = async (bit: number) => {
      const byte = Buffer.from([image[bit >> 3]! ^ (1 << (bit & 7))]);
      await handle.write(byte, 0, 1, bit >> 3);
      const problem = await walkFile(file, TABLES, () => 0);
      await handle.write(image, bit >> 3, 1, bit >> 3);
      return problem !== null;
    };
    const missed: string[] = [];
    let pages = 0;
    for (let page = 2; page < image.length / PAGE_BYTES; page++) {
      const start = page * PAGE_BYTES;
      // Unused pages are nobody's: only those whose number is read count.
      if (!(await isFound(start * 8))) continue;
      const kind = image.readUInt16LE(start + 18) & 0xfff;
      if (kind !== 1 && kind !== 2) continue;
      pages += 1;
      // Page number, kind, borders of the free space, and the pointers to the first entries.
      for (const at of [3, 18, 20, 22, 23, 24, 25, 27])
        for (let bit = page % 4; bit < 8; bit += 4)
          if (!(await isFound((start + at) * 8 + bit))) missed.push(`page ${page}, byte ${at}, bit ${bit}`);
    }
    await handle.close();
    expect(pages).toBeGreaterThan(20);

    expect(missed).toEqual([]);
  }, 60_000);

  it('reads on whatever bit is flipped, and never throws', async () => {
    await writeLife(5, 8);
    const image = await readFile(file);
    const random = new Prng(6);
    const handle = await open(file, 'r+');
    let found = 0;
    for (let turn = 0; turn < 1_000; turn++) {
      const bit = random.integer(0, image.length * 8 - 1);
      await handle.write(Buffer.from([image[bit >> 3]! ^ (1 << (bit & 7))]), 0, 1, bit >> 3);
      if ((await walkFile(file, TABLES, () => 0)) !== null) found += 1;
      await handle.write(image, bit >> 3, 1, bit >> 3);
    }
    await handle.close();
    expect(found).toBeGreaterThan(10);
  }, 60_000);

  it('takes a file for good that it cannot walk in time', async () => {
    await writeLife(7, 60);
    // The tree of free pages is walked first, and this table last.
    expect(await walkWithDamage('rows')).toMatch(/of rows/);
    let now = 0;
    const leap = () => {
      now += 30_000;
      return now;
    };
    expect(await walkFile(file, TABLES, leap)).toBeNull();
  });
});
