import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { assertRoom } from '../../../../runtime/persistence/lmdb-faults.ts';

it('a group that the disk has no room for is refused as full before it is written', () => {
  expect(() => assertRoom(tmpdir(), 2 ** 50)).toThrow(expect.objectContaining({ code: 'full' }));
});

it('a group that fits passes, and so does one on a disk that cannot be asked', () => {
  assertRoom(tmpdir(), 1);
  assertRoom('/no/such/folder/store.mdb', 2 ** 50);
});
