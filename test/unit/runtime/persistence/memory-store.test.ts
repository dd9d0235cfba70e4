import { describe, expect, it, vi } from 'vitest';
import {
  type MemoryImage,
  type MemoryStore,
  openMemoryStore,
  type StoreCall,
  StoreCrashed,
} from '../../../../runtime/persistence/memory-store.ts';
import type { StoreWrite } from '../../../../runtime/persistence/store.ts';

const put = (key: string): StoreWrite => ({ table: 'rows', key, value: Buffer.from(key) });
const keysOf = (image: MemoryImage): string[] =>
  [...openMemoryStore({ image }).range('rows')].map(({ key }) => key);

/** Whether the promise has settled once all microtasks have run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const watch = vi.fn();
  promise.then(watch, watch);
  await new Promise((resolve) => setImmediate(resolve));
  return watch.mock.calls.length > 0;
}

/** `a` is on disk; `b` is in its commit, taken on by that many steps. */
async function midway(steps: number): Promise<{ store: MemoryStore; committing: Promise<void> }> {
  const store = openMemoryStore({ schedule: 'manual' });
  const first = store.commit([put('a')]);
  store.step();
  store.step();
  await first;
  const committing = store.commit([put('b')]);
  for (let step = 0; step < steps; step++) store.step();
  return { store, committing };
}

describe('the layers of the memory store', () => {
  it.each([
    ['only called', 0, ['a'], ['a'], false],
    ['committed', 1, ['a', 'b'], ['a'], false],
    ['flushed', 2, ['a', 'b'], ['a', 'b'], true],
  ])('hold a group that is %s', async (_name, steps, afterKill, afterPowerCut, settled) => {
    const killed = await midway(steps);
    expect(await isSettled(killed.committing)).toBe(settled);
    expect(keysOf(killed.store.kill())).toEqual(afterKill);
    expect(keysOf((await midway(steps)).store.powerCut())).toEqual(afterPowerCut);
  });

  it('show readers a group once it is committed, before it is flushed', async () => {
    const { store } = await midway(1);
    expect(Buffer.from(store.get('rows', 'b')!).toString()).toBe('b');
    expect(store.pendingStep).toBe('flush');
    expect(store.stats.commits).toBe(1);
  });

  it('lose a deletion that was not flushed to a power cut', async () => {
    const { store } = await midway(2);
    void store.commit([{ table: 'rows', key: 'a', value: null }]);
    store.step();
    expect(keysOf(store.powerCut())).toEqual(['a', 'b']);
  });

  it('keep an image as it was, whatever is done to the store opened from it', async () => {
    const { store } = await midway(2);
    const image = store.powerCut();
    await openMemoryStore({ image }).commit([put('c')]);
    expect(keysOf(image)).toEqual(['a', 'b']);
  });

  it('keep the bytes that were committed when the caller reuses its buffer', async () => {
    const store = openMemoryStore();
    const value = Buffer.from('before');
    const committing = store.commit([{ table: 'rows', key: 'a', value }]);
    value.write('after!');
    await committing;
    expect(Buffer.from(store.get('rows', 'a')!).toString()).toBe('before');
  });
});

describe('the schedule of the memory store', () => {
  it('is asked for the commit and then for the flush of every group', async () => {
    const runs: Array<() => void> = [];
    const steps: string[] = [];
    const store = openMemoryStore({
      schedule: (run, step) => {
        runs.push(run);
        steps.push(step);
      },
    });
    const committing = store.commit([put('a')]);
    expect(store.get('rows', 'a')).toBeUndefined();
    runs[0]!();
    expect(store.get('rows', 'a')).toBeDefined();
    expect(await isSettled(committing)).toBe(false);
    runs[1]!();
    await committing;
    expect(steps).toEqual(['commit', 'flush']);
  });

  it('can stall, and goes on where it was when resumed', async () => {
    const store = openMemoryStore();
    store.stall();
    const committing = store.commit([put('a')]);
    expect(await isSettled(committing)).toBe(false);
    expect(store.get('rows', 'a')).toBeUndefined();
    store.resume();
    await committing;
    expect(store.get('rows', 'a')).toBeDefined();
  });

  it('fails the next group once, with nothing of it visible', async () => {
    const store = openMemoryStore();
    store.failNext('full');
    await expect(store.commit([put('a')])).rejects.toMatchObject({ name: 'StoreFault', code: 'full' });
    expect(store.get('rows', 'a')).toBeUndefined();
    expect(store.stats).toEqual({ commits: 0, bytes: 0 });
    await store.commit([put('b')]);
    expect(keysOf(store.powerCut())).toEqual(['b']);
  });

  it('fails the group that is stalled', async () => {
    const store = openMemoryStore();
    store.stall();
    const committing = store.commit([put('a')]);
    store.failNext('io');
    await isSettled(committing);
    store.resume();
    await expect(committing).rejects.toMatchObject({ code: 'io' });
  });
});

describe('a crash of the memory store', () => {
  it.each([
    ['before', []],
    ['committed', []],
    ['flushed', ['a']],
  ] as const)('can be injected at %s, and its commit never settles', async (phase, onDisk) => {
    let image: MemoryImage | null = null;
    const store: MemoryStore = openMemoryStore({
      onCall: (call) => {
        if (call.method === 'commit' && call.phase === phase) image = store.powerCut();
      },
    });
    expect(await isSettled(store.commit([put('a')]))).toBe(false);
    expect(keysOf(image!)).toEqual(onDisk);
  });

  it('reports every call with its moment', async () => {
    const calls: StoreCall[] = [];
    const store = openMemoryStore({ onCall: (call) => calls.push(call) });
    await store.commit([put('a')]);
    store.get('rows', 'a');
    store.range('rows');
    await store.close();
    expect(calls.map(({ method, phase }) => `${method} ${phase}`)).toEqual([
      'commit before',
      'commit committed',
      'commit flushed',
      'get before',
      'range before',
      'close before',
    ]);
  });

  it('leaves zombies without answers, and counts their calls', async () => {
    const store = openMemoryStore();
    store.kill();
    expect(store.callsAfterCrash).toBe(0);
    expect(() => store.get('rows', 'a')).toThrow(StoreCrashed);
    expect(() => store.range('rows')).toThrow(StoreCrashed);
    expect(await isSettled(store.commit([put('a')]))).toBe(false);
    expect(await isSettled(store.close())).toBe(false);
    expect(store.callsAfterCrash).toBe(4);
  });
});

describe('a walk over the memory store', () => {
  it('goes on behind the last key when the table changes under it', async () => {
    const store = openMemoryStore();
    await store.commit(['b', 'd', 'f'].map(put));
    const seen: string[] = [];
    for (const { key } of store.range('rows')) {
      seen.push(key);
      if (key === 'b') await store.commit([put('a'), put('c'), { table: 'rows', key: 'd', value: null }]);
    }
    expect(seen).toEqual(['b', 'c', 'f']);
    const backwards: string[] = [];
    for (const { key } of store.range('rows', { reverse: true })) {
      backwards.push(key);
      if (key === 'f') await store.commit([put('g'), put('e'), { table: 'rows', key: 'f', value: null }]);
    }
    expect(backwards).toEqual(['f', 'e', 'c', 'b', 'a']);
  });
});
