/**
 * One page of an LMDB file (data version 2 on a 64-bit machine): a header of 24 bytes with page number, transaction,
 * flags and the borders of the free space, then one 16-bit pointer per entry, and the entries from the end
 * backwards. Pointers count from the end of the header.
 */
export type TreePage =
  | { kind: 'branch'; children: number[] }
  | { kind: 'leaf'; entries: LeafEntry[] }
  | { kind: 'overflow'; pages: number };

export interface LeafEntry {
  key: Buffer;
  /** Length of the value, wherever it lies. */
  valueBytes: number;
  /** The value itself where it lies on this page, else empty. */
  value: Buffer;
  /** The pages of a value that is too large for this one. */
  overflow: { page: number; pages: number } | null;
  /** Whether the value describes a tree of its own. */
  isTree: boolean;
}

export const PAGE_HEADER_BYTES = 24;
const NODE_HEADER_BYTES = 8;
const OVERFLOW_RECORD_BYTES = 24;
const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;
/** Of the flags only the kind matters on disk; the upper ones are notes of the transaction that wrote the page. */
const KINDS = 0x0fff;
const BIG_VALUE = 0x01;
const TREE_VALUE = 0x02;

/** The page, or what is wrong with it: it must be the one asked for and no younger than the file's state. */
export function parsePage(page: Buffer, pageNumber: number, newest: bigint): TreePage | string {
  if (page.readBigUInt64LE(0) !== BigInt(pageNumber)) return 'another page lies in its place';
  if (page.readBigUInt64LE(8) > newest) return 'younger than the state of the file';
  const flags = page.readUInt16LE(18) & KINDS;
  if (flags === OVERFLOW) return { kind: 'overflow', pages: page.readUInt32LE(20) };
  if (flags !== BRANCH && flags !== LEAF) return `impossible flags ${flags}`;
  const offsets = nodeOffsets(page);
  if (typeof offsets === 'string') return offsets;
  return flags === BRANCH ? branchOf(page, offsets) : leafOf(page, offsets);
}

function nodeOffsets(page: Buffer): number[] | string {
  const lower = page.readUInt16LE(20);
  const upper = page.readUInt16LE(22);
  if (lower % 2 !== 0 || lower === 0 || lower > upper || PAGE_HEADER_BYTES + upper > page.length)
    return `impossible free space from ${lower} to ${upper}`;
  const offsets: number[] = [];
  for (let at = PAGE_HEADER_BYTES; at < PAGE_HEADER_BYTES + lower; at += 2) {
    const pointer = page.readUInt16LE(at);
    const offset = PAGE_HEADER_BYTES + pointer;
    if (pointer < upper || offset + NODE_HEADER_BYTES > page.length)
      return `an entry at ${pointer}, outside of the page's own`;
    offsets.push(offset);
  }
  return offsets;
}

function branchOf(page: Buffer, offsets: readonly number[]): TreePage | string {
  const children: number[] = [];
  let bytes = 0;
  for (const offset of offsets) {
    const end = offset + NODE_HEADER_BYTES + page.readUInt16LE(offset + 6);
    if (end > page.length) return 'a key reaches beyond the page';
    bytes += even(end - offset);
    // Branch entries have no flags: their place holds the upper 16 bits of the page number.
    children.push(page.readUInt32LE(offset) + page.readUInt16LE(offset + 4) * 2 ** 32);
  }
  return fills(page, bytes) ? { kind: 'branch', children } : NOT_PACKED;
}

function leafOf(page: Buffer, offsets: readonly number[]): TreePage | string {
  const entries: LeafEntry[] = [];
  let bytes = 0;
  for (const offset of offsets) {
    const valueBytes = page.readUInt32LE(offset);
    const flags = page.readUInt16LE(offset + 4);
    if (flags !== 0 && flags !== BIG_VALUE && flags !== TREE_VALUE)
      return `impossible flags ${flags} of an entry`;
    const keyAt = offset + NODE_HEADER_BYTES;
    const valueAt = keyAt + page.readUInt16LE(offset + 6);
    const isBig = flags === BIG_VALUE;
    const end = valueAt + (isBig ? OVERFLOW_RECORD_BYTES : valueBytes);
    if (end > page.length) return 'an entry reaches beyond the page';
    bytes += even(end - offset);
    entries.push({
      key: page.subarray(keyAt, valueAt),
      valueBytes,
      value: isBig ? page.subarray(end, end) : page.subarray(valueAt, end),
      overflow: isBig
        ? { page: Number(page.readBigUInt64LE(valueAt)), pages: Number(page.readBigUInt64LE(valueAt + 16)) }
        : null,
      isTree: flags === TREE_VALUE,
    });
  }
  return fills(page, bytes) ? { kind: 'leaf', entries } : NOT_PACKED;
}

const NOT_PACKED = 'its entries overlap or leave gaps';

/** LMDB keeps the entries of a page packed, each from an even place, between the free space and the end. */
function fills(page: Buffer, entriesBytes: number): boolean {
  return PAGE_HEADER_BYTES + page.readUInt16LE(22) + entriesBytes === page.length;
}

function even(bytes: number): number {
  return bytes + (bytes % 2);
}
