import { beforeEach, describe, expect, test } from 'vitest';
import { recordsFrom } from '../../../app/journal-reader.ts';
import { journalKey } from '../../../runtime/persistence/journal-chain.ts';
import type { Store } from '../../../runtime/persistence/store.ts';
import { encodeRaw } from '../../../runtime/persistence/value-codec.ts';

const FIRST = 41;
const COUNT = 1_700;

let reads: number;
let store: Pick<Store, 'get' | 'range'>;

/** A journal whose beginning was trimmed: one record per second, from number 41 on. */
beforeEach(() => {
  reads = 0;
  const records = Array.from({ length: COUNT }, (_, index) => {
    const key = journalKey(FIRST + index);
    const type = index % 2 === 0 ? 'south.called' : 'charger.delivered';
    return { key, value: encodeRaw(key, JSON.stringify({ type, receivedAt: index * 1_000, data: index })) };
  });
  store = {
    get(_table, key) {
      reads += 1;
      return records[Number(key) - FIRST]?.value;
    },
    range(_table, { from = '', limit = COUNT, reverse = false } = {}) {
      const found = (reverse ? [...records].reverse() : records).filter(({ key }) => key >= from);
      return found.slice(0, limit);
    },
  };
});

async function read(fromMs: number, isWanted: (text: string) => boolean = () => true): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { data } of recordsFrom(store, fromMs, isWanted)) found.push(data);
  return found;
}

describe('reading the journal back', () => {
  test.each([
    ['everything', -1, 0],
    ['from a record on', 500_000, 500],
    ['from between two records on', 500_001, 501],
    ['the last record', (COUNT - 1) * 1_000, COUNT - 1],
  ])('gives %s, in order', async (_name, fromMs, first) => {
    expect(await read(fromMs)).toEqual(Array.from({ length: COUNT - first }, (_, index) => first + index));
  });

  test('gives nothing from after its end, and of an empty journal', async () => {
    expect(await read(COUNT * 1_000)).toEqual([]);
    store = { get: () => undefined, range: () => [] };
    expect(await read(0)).toEqual([]);
  });

  test('finds the place without reading what is before it', async () => {
    await read((COUNT - 10) * 1_000);
    expect(reads).toBeLessThan(15);
  });

  test('gives only what is wanted', async () => {
    const found = await read(0, (text) => text.includes('"south.called"'));
    expect(found).toHaveLength(COUNT / 2);
  });

  test('lets others run between portions', async () => {
    let turns = 0;
    let reading = true;
    const others = (): void => {
      turns += 1;
      if (reading) setImmediate(others);
    };
    setImmediate(others);
    await read(0);
    reading = false;
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});
