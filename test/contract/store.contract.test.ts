import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLmdbStore } from '../../runtime/persistence/lmdb-store.ts';
import { openMemoryStore } from '../../runtime/persistence/memory-store.ts';
import type { RangeOptions, Store, StoreWrite } from '../../runtime/persistence/store.ts';
import { KEY_BYTES_MAX } from '../../runtime/persistence/store-key.ts';
import { makeTempFolder } from '../helpers/temp-folder.ts';

/** A store that can be opened again on the same contents. */
interface Bench {
  store: Store;
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

async function lmdbBench(): Promise<Bench> {
  const folder = await makeTempFolder('store');
  const open = () =>
    openLmdbStore(folder.path, { clock: { wallMs: () => 1, monotonicMs: () => 0 }, ballastBytes: 0 });
  let store = await open();
  return {
    store,
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    async dispose() {
      await store.close();
      await folder.remove();
    },
  };
}

async function memoryBench(): Promise<Bench> {
  const store = openMemoryStore();
  return {
    store,
    async reopen() {
      await store.close();
      return openMemoryStore({ image: store.kill() });
    },
    dispose: async () => undefined,
  };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const put = (key: string, value: string): StoreWrite => ({ table: 'rows', key, value: bytes(value) });
const remove = (key: string): StoreWrite => ({ table: 'rows', key, value: null });

function textAt(store: Store, key: string): string | undefined {
  const value = store.get('rows', key);
  return value === undefined ? undefined : Buffer.from(value).toString();
}

function keys(store: Store, options?: RangeOptions): string[] {
  return [...store.range('rows', options)].map((entry) => entry.key);
}

describe.each([
  ['LMDB', lmdbBench],
  ['memory', memoryBench],
])('the store contract, %s', (_name, makeBench) => {
  let bench: Bench;
  let store: Store;

  beforeEach(async () => {
    bench = await makeBench();
    store = bench.store;
  });
  afterEach(() => bench.dispose());

  it('shows a group when its commit has resolved', async () => {
    await store.commit([put('a', '1')]);
    expect(textAt(store, 'a')).toBe('1');
  });

  it('shows nothing of a group in the turn that called commit', async () => {
    const committing = store.commit([put('a', '1')]);
    expect(store.get('rows', 'a')).toBeUndefined();
    expect(keys(store)).toEqual([]);
    await committing;
  });

  it('never shows half a group, however often one looks', async () => {
    let done = false;
    const seen = new Set<number>();
    const group = Array.from({ length: 2_000 }, (_, index) => put(String(index).padStart(6, '0'), 'x'));
    const committing = store.commit(group).then(() => {
      done = true;
    });
    while (!done) {
      seen.add(keys(store).length);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await committing;
    seen.add(keys(store).length);
    expect([...seen].filter((count) => count !== 0 && count !== 2_000)).toEqual([]);
    expect(seen.has(2_000)).toBe(true);
  });

  it('keeps tables apart', async () => {
    await store.commit([
      { table: 'meta', key: 'k', value: bytes('meta') },
      { table: 'journal', key: 'k', value: bytes('journal') },
    ]);
    expect(Buffer.from(store.get('meta', 'k')!).toString()).toBe('meta');
    expect(Buffer.from(store.get('journal', 'k')!).toString()).toBe('journal');
    expect(store.get('rows', 'k')).toBeUndefined();
  });

  it('applies the writes of a group in their order', async () => {
    await store.commit([
      put('a', '1'),
      put('a', '2'),
      put('b', '1'),
      remove('b'),
      remove('c'),
      put('c', '3'),
    ]);
    expect(textAt(store, 'a')).toBe('2');
    expect(textAt(store, 'b')).toBeUndefined();
    expect(textAt(store, 'c')).toBe('3');
  });

  it('deletes on null, and takes the deletion of an absent key', async () => {
    await store.commit([put('a', '1'), put('b', '1')]);
    await store.commit([remove('a'), remove('never-there')]);
    expect(keys(store)).toEqual(['b']);
  });

  it('gives keys back in UTF-8 order whatever order they came in', async () => {
    const sorted = ['#', '0', '00', 'A', 'A/1', 'A0', 'a', 'é', '\ue000', '\uffff', '😀'];
    await store.commit([...sorted].reverse().map((key) => put(key, key)));
    expect(keys(store)).toEqual(sorted);
    expect(keys(store, { reverse: true })).toEqual([...sorted].reverse());
  });

  it('takes the lower bound in and leaves the upper bound out, in both directions', async () => {
    await store.commit(['a', 'b', 'c', 'd', 'e'].map((key) => put(key, key)));
    expect(keys(store, { from: 'b', to: 'd' })).toEqual(['b', 'c']);
    expect(keys(store, { from: 'b', to: 'd', reverse: true })).toEqual(['c', 'b']);
    expect(keys(store, { from: 'd' })).toEqual(['d', 'e']);
    expect(keys(store, { to: 'c' })).toEqual(['a', 'b']);
    expect(keys(store, { from: 'd', reverse: true })).toEqual(['e', 'd']);
    expect(keys(store, { to: 'c', reverse: true })).toEqual(['b', 'a']);
  });

  it('takes bounds that are no keys of the table', async () => {
    await store.commit(['b1', 'b2', 'd1'].map((key) => put(key, key)));
    expect(keys(store, { from: 'b', to: 'c' })).toEqual(['b1', 'b2']);
    expect(keys(store, { from: 'b', to: 'c', reverse: true })).toEqual(['b2', 'b1']);
    expect(keys(store, { from: 'b', to: 'b\uffff' })).toEqual(['b1', 'b2']);
    expect(keys(store, { from: 'x', to: 'y' })).toEqual([]);
    expect(keys(store, { from: 'd', to: 'b' })).toEqual([]);
    expect(keys(store, { from: 'd', to: 'b', reverse: true })).toEqual([]);
    expect(keys(store, { from: '', to: '' })).toEqual([]);
    expect(keys(store, { from: '', to: '', reverse: true })).toEqual([]);
    expect(keys(store, { from: '' })).toHaveLength(3);
    expect(keys(store, { from: '', reverse: true })).toEqual(['d1', 'b2', 'b1']);
  });

  it('stops a range at its limit, 0 included', async () => {
    await store.commit(['a', 'b', 'c'].map((key) => put(key, key)));
    expect(keys(store, { limit: 2 })).toEqual(['a', 'b']);
    expect(keys(store, { limit: 2, reverse: true })).toEqual(['c', 'b']);
    expect(keys(store, { limit: 0 })).toEqual([]);
  });

  it('gives every entry of a range bytes of its own', async () => {
    await store.commit(['a', 'b', 'c'].map((key) => put(key, key.repeat(3))));
    const entries = [...store.range('rows')];
    store.get('rows', 'a');
    expect(entries.map((entry) => Buffer.from(entry.value).toString())).toEqual(['aaa', 'bbb', 'ccc']);
    entries[0]!.value.fill(0);
    expect(textAt(store, 'a')).toBe('aaa');
  });

  it('holds empty values and values of megabytes', async () => {
    const big = Buffer.alloc(3_000_001, 0x5a);
    big[2_999_999] = 1;
    await store.commit([put('empty', ''), { table: 'rows', key: 'big', value: big }]);
    expect(store.get('rows', 'empty')).toHaveLength(0);
    expect(Buffer.compare(store.get('rows', 'big')!, big)).toBe(0);
  });

  it('holds the longest key, and refuses a group with a longer, empty, broken or control-character key', async () => {
    const longest = 'k'.repeat(KEY_BYTES_MAX);
    await store.commit([put(longest, 'fits')]);
    expect(textAt(store, longest)).toBe('fits');
    for (const key of ['', `${longest}k`, 'é'.repeat(1_000), 'a\u0000b', 'a\nb', 'lone \ud800']) {
      await expect(store.commit([put('fine', 'x'), put(key, 'x')])).rejects.toMatchObject({
        name: 'StoreFault',
        code: 'io',
      });
      expect(store.get('rows', key)).toBeUndefined();
    }
    expect(textAt(store, 'fine')).toBeUndefined();
    await store.commit([put('fine', 'y')]);
    expect(textAt(store, 'fine')).toBe('y');
  });

  it('refuses a commit while another is in flight, and finishes the first', async () => {
    const first = store.commit([put('a', '1')]);
    await expect(store.commit([put('b', '1')])).rejects.toMatchObject({ name: 'StoreFault', code: 'io' });
    await first;
    expect(keys(store)).toEqual(['a']);
    await store.commit([put('c', '1')]);
    expect(keys(store)).toEqual(['a', 'c']);
  });

  it('commits an empty group at once and counts nothing', async () => {
    await store.commit([]);
    expect(store.stats).toEqual({ commits: 0, bytes: 0 });
  });

  it('counts commits, and the bytes of keys and values', async () => {
    await store.commit([put('ab', 'xyz'), remove('c')]);
    await store.commit([put('d', '')]);
    expect(store.stats).toEqual({ commits: 2, bytes: 7 });
  });

  it('refuses everything after close, and closes twice', async () => {
    await store.commit([put('a', '1')]);
    await store.close();
    await store.close();
    await expect(store.commit([put('b', '1')])).rejects.toMatchObject({ name: 'StoreFault', code: 'closed' });
    expect(() => store.get('rows', 'a')).toThrow('closed');
    expect(() => store.range('rows')).toThrow('closed');
  });

  it('finishes the commit in flight before it closes', async () => {
    const committing = store.commit([put('a', '1')]);
    const closing = store.close();
    await expect(committing).resolves.toBeUndefined();
    await closing;
    expect(textAt(await bench.reopen(), 'a')).toBe('1');
  });

  it('has everything after it is opened again', async () => {
    await store.commit(Array.from({ length: 500 }, (_, index) => put(`k${1_000 + index}`, `v${index}`)));
    await store.commit([remove('k1007')]);
    const again = await bench.reopen();
    expect(keys(again)).toHaveLength(499);
    expect(textAt(again, 'k1499')).toBe('v499');
    await again.commit([put('k1007', 'back')]);
    expect(textAt(again, 'k1007')).toBe('back');
  });
});
