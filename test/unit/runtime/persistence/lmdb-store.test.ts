import { copyFile, mkdir, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectLmdbFile, walkFile } from '../../../../runtime/persistence/lmdb-file.ts';
import { type LmdbStore, openLmdbStore } from '../../../../runtime/persistence/lmdb-store.ts';
import type { StoreWrite } from '../../../../runtime/persistence/store.ts';
import { decodeValue, encodeValue } from '../../../../runtime/persistence/value-codec.ts';
import { runChild } from '../../../helpers/child-script.ts';
import { makeTempFolder } from '../../../helpers/temp-folder.ts';

let temp: Awaited<ReturnType<typeof makeTempFolder>>;
let folder: string;
let file: string;

beforeEach(async () => {
  temp = await makeTempFolder('lmdb');
  folder = join(temp.path, 'data');
  file = join(folder, 'store.mdb');
});
afterEach(() => temp.remove());

function openStore(options: { ballastBytes?: number; wallMs?: number } = {}): Promise<LmdbStore> {
  return openLmdbStore(folder, {
    clock: { wallMs: () => options.wallMs ?? 1_700_000_000_000, monotonicMs: () => 0 },
    ballastBytes: options.ballastBytes ?? 0,
  });
}

/** 400 rows in 20 commits, as `store-flips.child.ts` expects them. */
async function writeRows(): Promise<void> {
  const store = await openStore();
  for (let group = 0; group < 20; group++) {
    const writes = Array.from({ length: 20 }, (_, row): StoreWrite => {
      const n = group * 20 + row;
      const key = `row/${String(n).padStart(5, '0')}`;
      return { table: 'rows', key, value: encodeValue(key, { n, text: 'x'.repeat(n % 300) }) };
    });
    await store.commit(writes);
  }
  await store.close();
}

/** Numbers from 0 to 2^32-1, the same for the same seed. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

describe('a killed process', () => {
  it('leaves every acknowledged group whole and no group half, 20 times over', async () => {
    const next = sequence(20_240_611);
    let acknowledged = 0;
    for (let cycle = 0; cycle < 20; cycle++) {
      const groups = 1 + (next() % 40);
      let seen = 0;
      const end = await runChild('store-writer.child.ts', {
        args: [folder],
        onLine: (_line, kill) => {
          seen += 1;
          if (seen === groups) setTimeout(kill, next() % 4);
        },
      });
      expect(end.signal).toBe('SIGKILL');
      expect(Number(end.lines[0])).toBeGreaterThan(acknowledged);
      acknowledged = Number(end.lines.at(-1));
      const store = await openStore();
      expect(store.quarantined).toBeNull();
      const last = decodeValue('meta', 'last', store.get('meta', 'last')!) as number;
      expect(last).toBeGreaterThanOrEqual(acknowledged);
      const rows = [...store.range('rows')].map(({ key, value }) => decodeValue('rows', key, value));
      expect(rows).toHaveLength(20 * last);
      rows.forEach((row, index) => {
        expect(row).toMatchObject({ group: Math.floor(index / 20) + 1, row: index % 20 });
      });
      await store.close();
    }
  }, 120_000);
});

describe('a damaged file', () => {
  it('is moved aside when its header is all zero, and a fresh store works', async () => {
    await writeRows();
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(8_192), 0, 8_192, 0);
    await handle.close();
    const store = await openStore();
    expect(store.quarantined).toBe(join(folder, 'quarantine', '1700000000000-store.mdb'));
    expect(await readFile(store.quarantined!)).toHaveLength((await stat(store.quarantined!)).size);
    expect([...store.range('rows')]).toEqual([]);
    await store.commit([{ table: 'rows', key: 'a', value: encodeValue('a', 1) }]);
    await store.close();
    const again = await openStore();
    expect(again.quarantined).toBeNull();
    expect(decodeValue('rows', 'a', again.get('rows', 'a')!)).toBe(1);
    await again.close();
  });

  it.each([
    ['empty', 0],
    ['cut inside its first page', 1_000],
    ['cut after its first page', 4_096],
    ['cut in the middle of its tree', 40_000],
  ])('is moved aside when it is %s', async (_name, bytes) => {
    await writeRows();
    await truncate(file, bytes);
    const store = await openStore();
    expect(store.quarantined).not.toBeNull();
    expect((await stat(store.quarantined!)).size).toBe(bytes);
    expect([...store.range('rows')]).toEqual([]);
    await store.close();
  });

  it('is moved aside when it is something else altogether', async () => {
    await mkdir(folder);
    await writeFile(file, 'not a database '.repeat(2_000));
    const store = await openStore();
    expect(store.quarantined).not.toBeNull();
    await store.close();
  });

  it('is kept for analysis under a name of its own, the five newest at most', async () => {
    await mkdir(folder);
    for (let turn = 0; turn < 7; turn++) {
      await writeFile(file, `junk ${turn}`);
      await (await openStore({ wallMs: turn < 2 ? 1_000 : 1_000 + turn })).close();
    }
    expect((await readdir(join(folder, 'quarantine'))).sort()).toEqual([
      '1002-store.mdb',
      '1003-store.mdb',
      '1004-store.mdb',
      '1005-store.mdb',
      '1006-store.mdb',
    ]);
  });

  it('never yields a wrong value, whichever of 100 bits is flipped', async () => {
    await writeRows();
    const { size } = await stat(file);
    const next = sequence(7);
    const bits = Array.from({ length: 100 }, () => Math.floor((next() / 2 ** 32) * size * 8));
    const verdicts = await verdictsOn(bits);
    expect(verdicts.filter((verdict) => !SOUND_VERDICTS.has(verdict))).toEqual([]);
    expect(verdicts.filter((verdict) => verdict === 'corrupt value').length).toBeGreaterThan(20);
  }, 120_000);

  it('never opens an older state or an empty table, whichever bit of its header or table names is flipped', async () => {
    await writeRows();
    const image = await readFile(file);
    // Where LMDB says which transaction is its newest (three places), and the page that names the tables.
    const metas = [0, 2_048, 4_096].map((at) => bitsOf(at + 24, 136));
    const names = ['journal', 'meta', 'outbox', 'rows', 'snapshots'].map((name) =>
      bitsOf(image.lastIndexOf(name), name.length),
    );
    const next = sequence(11);
    const bits = [...metas.flat().filter(() => next() % 8 === 0), ...names.flat()];
    const verdicts = await verdictsOn(bits);
    expect(verdicts.filter((verdict) => !SOUND_VERDICTS.has(verdict))).toEqual([]);
    expect(verdicts.filter((verdict) => verdict === 'quarantined').length).toBeGreaterThan(200);
  }, 120_000);

  it.each([
    ['an older transaction in the place of the newest', 4_096 + 152, (n: number) => n - 2],
    ['a transaction far ahead of all', 152, (n: number) => n + 4],
    ['a flushed transaction of long ago', 2_048 + 152, (n: number) => n - 2],
    ['another tree under a flushed transaction', 2_048 + 136, (n: number) => n + 1],
  ])('is moved aside when its header names %s', async (_name, at, change) => {
    await writeRows();
    const image = await readFile(file);
    image.writeUInt32LE(change(image.readUInt32LE(at)), at);
    await writeFile(file, image);
    const store = await openStore();
    expect(store.quarantined).not.toBeNull();
    await store.close();
  });
});

const SOUND_VERDICTS = new Set(['right', 'corrupt value', 'quarantined', 'read fault', 'found by the walk']);

function bitsOf(byte: number, bytes: number): number[] {
  return Array.from({ length: bytes * 8 }, (_, bit) => byte * 8 + bit);
}

/** What opening and reading a copy of the file says for each of these flipped bits. */
async function verdictsOn(bits: readonly number[]): Promise<string[]> {
  const work = join(temp.path, 'work');
  await mkdir(work);
  const verdicts = new Map<number, string>();
  let deaths = 0;
  let diedAt = -1;
  while (verdicts.size < bits.length) {
    const end = await runChild('store-flips.child.ts', {
      args: [file, work, String(verdicts.size), ...bits.map(String)],
    });
    for (const line of end.lines)
      verdicts.set(Number(line.split(' ', 1)[0]), line.slice(line.indexOf(' ') + 1));
    if (end.code === 0) continue;
    expect(verdicts.size, `bit ${bits[verdicts.size]} ends every process`).not.toBe(diedAt);
    diedAt = verdicts.size;
    deaths += 1;
    expect(deaths).toBeLessThan(30);
  }
  return [...verdicts.values()];
}

describe('the guard against a file that ends the process', () => {
  it('stands while the store is open, and goes with close', async () => {
    const guarded = async () => (await readdir(folder)).includes('store.mdb.open');
    const store = await openStore();
    expect(await guarded()).toBe(true);
    await store.commit([{ table: 'meta', key: 'a', value: Buffer.from('1') }]);
    expect(await guarded()).toBe(true);
    await store.close();
    expect(await guarded()).toBe(false);
    const again = await openStore();
    expect(await guarded()).toBe(true);
    await again.close();
    expect(await guarded()).toBe(false);
  });

  it('does not cost a healthy file its place', async () => {
    await writeRows();
    await writeFile(`${file}.open`, '');
    const store = await openStore();
    expect(store.quarantined).toBeNull();
    expect([...store.range('rows')]).toHaveLength(400);
    await store.close();
  });

  it('has a file walked whose header is sound and whose tree is not', async () => {
    await writeRows();
    const handle = await open(file, 'r+');
    const { size } = await handle.stat();
    for (let page = 2; page * 4_096 < size; page++)
      await handle.write(Buffer.alloc(64, 0xff), 0, 64, page * 4_096);
    await handle.close();
    expect((await inspectLmdbFile(file)).state).toBe('plausible');
    await writeFile(`${file}.open`, '');
    const store = await openStore();
    expect(store.quarantined).not.toBeNull();
    await store.close();
  });

  it('tells where a damaged file went until the first commit, even to a process that follows', async () => {
    await writeRows();
    await truncate(file, 1_000);
    const { quarantined } = await openStore();
    expect(quarantined).not.toBeNull();
    const again = await openStore();
    expect(again.quarantined).toBe(quarantined);
    await again.commit([{ table: 'meta', key: 'a', value: encodeValue('a', 1) }]);
    await again.close();
    const third = await openStore();
    expect(third.quarantined).toBeNull();
    expect([...third.range('meta')].map(({ key }) => key)).toEqual(['a']);
    await third.close();
  });

  it('finds nothing wrong with a sound file', async () => {
    await writeRows();
    expect(await inspectLmdbFile(file)).toEqual({ state: 'plausible' });
    await copyFile(file, join(temp.path, 'copy.mdb'));
    expect(await walkFile(join(temp.path, 'copy.mdb'), ['rows', 'meta'], () => 0)).toBeNull();
    expect(await walkFile(join(temp.path, 'copy.mdb'), ['no-such-table'], () => 0)).not.toBeNull();
  });
});

describe('a full disk', () => {
  it('refuses groups with a StoreFault, keeps what was there, rejects nothing unheard, and closes', async () => {
    const end = await runChild('store-full.child.ts', { args: [folder], fileLimitKib: 512 });
    const expected = [
      'first fault true',
      'nothing visible true',
      'earlier visible true',
      'second fault true',
    ];
    expect(end.lines.slice(0, 4), end.stderr).toEqual(expected);
    expect(end.lines[4]).toMatch(/^small commit (resolved|StoreFault)$/);
    expect(end.lines.slice(5)).toEqual(['closed']);
    expect(end.code).toBe(0);
    const store = await openStore();
    expect(store.quarantined).toBeNull();
    expect(store.get('rows', '2/0')).toHaveLength(4_000);
    await store.close();
  });

  it('can be given the room of the ballast, which is made again later', async () => {
    const ballast = join(folder, 'ballast');
    const store = await openStore({ ballastBytes: 3_000_000 });
    const { size, blocks } = await stat(ballast);
    expect(size).toBe(3_000_000);
    expect(blocks * 512).toBeGreaterThanOrEqual(3_000_000);
    expect(await store.freeBallast()).toBe(true);
    expect(await readdir(folder)).not.toContain('ballast');
    expect(await store.freeBallast()).toBe(false);
    expect(await store.restoreBallast()).toBe(true);
    expect((await stat(ballast)).size).toBe(3_000_000);
    await store.close();
  });

  it('gets no ballast that would leave it without room', async () => {
    const store = await openStore({ ballastBytes: 2 ** 50 });
    expect(await readdir(folder)).not.toContain('ballast');
    expect(await store.restoreBallast()).toBe(false);
    await store.close();
  });
});

describe('a new store', () => {
  it('gets its name only when it is complete, and replaces an unfinished one', async () => {
    await mkdir(folder);
    await writeFile(`${file}.new.mdb`, Buffer.alloc(100));
    const store = await openStore();
    expect(store.quarantined).toBeNull();
    await store.close();
    expect((await readdir(folder)).sort()).toEqual(['store.mdb', 'store.mdb-lock']);
  });

  it('says with a StoreFault that its folder cannot be made', async () => {
    await writeFile(join(temp.path, 'data'), 'a file');
    await expect(openStore()).rejects.toMatchObject({ name: 'StoreFault', code: 'io' });
  });
});
