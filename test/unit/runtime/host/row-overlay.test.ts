import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../runtime/envelope.ts';
import { Group } from '../../../../runtime/host/group.ts';
import { RowOverlay, type RowWrite, rowStoreKey } from '../../../../runtime/host/row-overlay.ts';

function write(table: string, key: string, value: Json | null): RowWrite {
  return { table, key, storeKey: rowStoreKey(table, key), value };
}

function valuesOf(overlay: RowOverlay, table: string): Record<string, Json | null> {
  return Object.fromEntries([...(overlay.entries(table) ?? [])].map(([key, { value }]) => [key, value]));
}

describe('rows that are not on disk yet', () => {
  test('are read as the newest group wrote them, by key and by table', () => {
    const overlay = new RowOverlay();
    const [inFlight, open] = [new Group(1), new Group(2)];
    overlay.set(write('north/a', '1', 'old'), inFlight);
    overlay.set(write('north/a', '2', 'gone soon'), inFlight);
    overlay.set(write('north/a', '1', 'new'), open);
    overlay.set(write('north/a', '2', null), open);
    overlay.set(write('north/ab', '3', 'of another table'), open);

    expect(overlay.get(rowStoreKey('north/a', '1'))?.value).toBe('new');
    expect(overlay.get(rowStoreKey('north/a', '2'))?.value).toBeNull();
    expect(overlay.get(rowStoreKey('north/a', '9'))).toBeUndefined();
    expect(valuesOf(overlay, 'north/a')).toEqual({ 1: 'new', 2: null });
    expect(valuesOf(overlay, 'north/x')).toEqual({});
  });

  test('are seen by table when they were written after the table was first asked for', () => {
    const overlay = new RowOverlay();
    const group = new Group(1);
    overlay.set(write('t', '1', 1), group);
    expect(valuesOf(overlay, 't')).toEqual({ 1: 1 });
    overlay.set(write('t', '2', 2), group);
    overlay.set(write('u', '1', 3), group);
    expect(valuesOf(overlay, 't')).toEqual({ 1: 1, 2: 2 });
    expect(valuesOf(overlay, 'u')).toEqual({ 1: 3 });
  });

  test('go when their group is on disk, and leave what a later group wrote', () => {
    const overlay = new RowOverlay();
    const [first, second] = [new Group(1), new Group(2)];
    overlay.set(write('t', '1', 'first'), first);
    overlay.set(write('t', '2', 'first'), first);
    overlay.set(write('t', '1', 'second'), second);
    overlay.settle(first);
    expect(overlay.get(rowStoreKey('t', '1'))?.value).toBe('second');
    expect(overlay.get(rowStoreKey('t', '2'))).toBeUndefined();
    overlay.settle(second);
    expect(overlay.get(rowStoreKey('t', '1'))).toBeUndefined();
    expect(overlay.entries('t')).toBeUndefined();
  });

  test('all go when the groups failed', () => {
    const overlay = new RowOverlay();
    overlay.set(write('t', '1', 'lost'), new Group(1));
    overlay.clear();
    expect(overlay.get(rowStoreKey('t', '1'))).toBeUndefined();
    expect(overlay.entries('t')).toBeUndefined();
  });
});

describe('rows that are kept decoded', () => {
  test('follow what lands, and only where somebody had read them', () => {
    const overlay = new RowOverlay();
    overlay.cache.put(rowStoreKey('t', 'read'), 'stored');
    const group = new Group(1);
    overlay.set(write('t', 'read', 'landed'), group);
    overlay.set(write('t', 'unread', 'landed'), group);
    overlay.settle(group);
    expect(overlay.cache.get(rowStoreKey('t', 'read'))).toBe('landed');
    expect(overlay.cache.get(rowStoreKey('t', 'unread'))).toBeUndefined();
  });

  test('are forgotten when they are removed, or written again by a group that has not landed', () => {
    const overlay = new RowOverlay();
    for (const key of ['removed', 'again']) overlay.cache.put(rowStoreKey('t', key), 'stored');
    const [first, second] = [new Group(1), new Group(2)];
    overlay.set(write('t', 'removed', null), first);
    overlay.set(write('t', 'again', 'first'), first);
    overlay.set(write('t', 'again', 'second'), second);
    overlay.settle(first);
    expect(overlay.cache.get(rowStoreKey('t', 'removed'))).toBeUndefined();
    // Should the second group fail, the store is asked: what it holds is the first group's.
    expect(overlay.cache.get(rowStoreKey('t', 'again'))).toBeUndefined();
  });
});
