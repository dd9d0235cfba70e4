import { TREE_BYTES, treeAt } from './lmdb-tree.ts';
import type { FileState } from './lmdb-walk.ts';

const META_FLAG = 0x08;
const LMDB_MAGIC = 0xbeefc0de;
const LMDB_VERSION = 2;

/** Offsets within a meta page (and, without magic and version, within the second half of the first page). */
const FLAGS_AT = 18;
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_BYTES_AT = 48;
/** Both trees, free pages and main: 48 bytes each. The first holds the page size, then flags of its own. */
const TREES_AT = 48;
const TREE_FLAGS_AT = 52;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 168;

/** lmdb-js marks a meta whose pages may not be on disk yet with this flag. */
const UNFLUSHED = 0x1000;

const PAGE_BYTES_MIN = 512;
export const META_PAGE_BYTES_MAX = 65_536;

export interface Metas {
  pageBytes: number;
  /** The highest page number that the newest transaction knows. */
  lastPage: number;
  /** What LMDB goes back to after a crash; null when nothing was flushed yet. */
  flushed: FileState | null;
}

/** One of the three places where an LMDB file says which transaction is its newest. */
interface Meta {
  transaction: bigint;
  lastPage: number;
  mayBeUnflushed: boolean;
  /** Both trees and the last page, without the one flag that may differ between two copies of a transaction. */
  content: string;
}

/**
 * Reads the header of an LMDB file as lmdb-js writes it, with `safeRestore` and one transaction in flight: page 0
 * and page 1 hold the metas of the last even and the last odd transaction, which follow one another; the second half
 * of page 0 holds the last transaction that is known to be on disk, a copy of one of the two. A header in which
 * these disagree is damaged, and LMDB would open some older state of the file, or end the process.
 */
export function readMetas(header: Buffer): Metas | { problem: string } {
  if (header.length < META_BYTES || !isMetaPage(header))
    return { problem: 'the first meta page is not one of LMDB' };
  const pageBytes = header.readUInt32LE(PAGE_BYTES_AT);
  if (!isPageSize(pageBytes)) return { problem: `impossible page size ${pageBytes}` };
  const second = header.subarray(pageBytes, 2 * pageBytes);
  if (second.length < META_BYTES || !isMetaPage(second))
    return { problem: 'the second meta page is not one of LMDB' };
  const even = metaAt(header);
  const odd = metaAt(second);
  const flushed = metaAt(header.subarray(pageBytes / 2, pageBytes));
  const problem = disagreement(even, odd, flushed);
  if (problem !== null) return { problem };
  const state = flushed.transaction === 0n ? null : stateAt(header.subarray(pageBytes / 2), pageBytes);
  return { pageBytes, lastPage: Math.max(even.lastPage, odd.lastPage), flushed: state };
}

function disagreement(even: Meta, odd: Meta, flushed: Meta): string | null {
  const apart = even.transaction - odd.transaction;
  if (even.transaction % 2n !== 0n || odd.transaction % 2n !== 1n || (apart !== 1n && apart !== -1n))
    return `transactions ${even.transaction} and ${odd.transaction} do not follow one another`;
  // A file in which nothing was flushed yet.
  if (flushed.transaction === 0n) return null;
  if (flushed.mayBeUnflushed) return 'the record of the last flushed transaction says that it is not flushed';
  const original = flushed.transaction % 2n === 0n ? even : odd;
  if (original.transaction !== flushed.transaction)
    return `transaction ${flushed.transaction}, the last one flushed, is not among ${even.transaction} and ${odd.transaction}`;
  return original.content === flushed.content
    ? null
    : `the two records of transaction ${flushed.transaction} differ`;
}

function stateAt(page: Buffer, pageBytes: number): FileState {
  return {
    pageBytes,
    lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: Number(page.readBigUInt64LE(TRANSACTION_AT)),
    freePages: treeAt(page, TREES_AT),
    main: treeAt(page, TREES_AT + TREE_BYTES),
  };
}

function metaAt(page: Buffer): Meta {
  const content = Buffer.from(page.subarray(TREES_AT, TRANSACTION_AT));
  const flagsAt = TREE_FLAGS_AT - TREES_AT;
  const flags = content.readUInt16LE(flagsAt);
  content.writeUInt16LE(flags & ~UNFLUSHED, flagsAt);
  return {
    mayBeUnflushed: (flags & UNFLUSHED) !== 0,
    transaction: page.readBigUInt64LE(TRANSACTION_AT),
    lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)),
    content: content.toString('latin1'),
  };
}

function isMetaPage(page: Buffer): boolean {
  return (
    (page.readUInt16LE(FLAGS_AT) & META_FLAG) !== 0 &&
    page.readUInt32LE(MAGIC_AT) === LMDB_MAGIC &&
    page.readUInt32LE(VERSION_AT) === LMDB_VERSION
  );
}

function isPageSize(bytes: number): boolean {
  return bytes >= PAGE_BYTES_MIN && bytes <= META_PAGE_BYTES_MAX && (bytes & (bytes - 1)) === 0;
}
