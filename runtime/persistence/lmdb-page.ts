/**
 * Checks of one page of an LMDB file (data version 2 on a 64-bit machine): a header of 24 bytes with page number,
 * transaction, flags and the borders of the free space, then one 16-bit pointer per entry, and the entries from the
 * end backwards. Pointers count from the end of the header. A page is looked at where it lies, without a copy: `at`
 * is its start in the buffer. Each check returns what is wrong, or null.
 */
export const PAGE_HEADER_BYTES = 24;
export const NODE_HEADER_BYTES = 8;
const OVERFLOW_RECORD_BYTES = 24;
export const BRANCH = 0x01;
export const LEAF = 0x02;
export const OVERFLOW = 0x04;
/** Of the flags only the kind matters on disk; the upper ones are notes of the transaction that wrote the page. */
const KINDS = 0x0fff;
const BIG_VALUE = 0x01;
const TREE_VALUE = 0x02;
const NOT_PACKED = 'its entries overlap or leave gaps';

/** The page must be the one asked for, of the kind asked for, and no younger than the file's state. */
export function headerProblem(
  buffer: Buffer,
  at: number,
  expected: { page: number; kind: number; newest: number },
): string | null {
  if (wordAt(buffer, at) !== expected.page) return 'another page lies in its place';
  if (wordAt(buffer, at + 8) > expected.newest) return 'younger than the state of the file';
  const flags = buffer.readUInt16LE(at + 18) & KINDS;
  return flags === expected.kind ? null : `its flags are ${flags}, not ${expected.kind}`;
}

/** The borders of the free space, and that every pointer leads to an entry behind it. */
export function pointersProblem(buffer: Buffer, at: number, pageBytes: number): string | null {
  const lower = buffer.readUInt16LE(at + 20);
  const upper = buffer.readUInt16LE(at + 22);
  const room = pageBytes - PAGE_HEADER_BYTES;
  if (lower % 2 !== 0 || lower === 0 || lower > upper || upper > room)
    return `impossible free space from ${lower} to ${upper}`;
  for (let offset = 0; offset < lower; offset += 2) {
    const pointer = buffer.readUInt16LE(at + PAGE_HEADER_BYTES + offset);
    if (pointer < upper || pointer + NODE_HEADER_BYTES > room)
      return `an entry at ${pointer}, outside of the page's own`;
  }
  return null;
}

export function entryCount(buffer: Buffer, at: number): number {
  return buffer.readUInt16LE(at + 20) / 2;
}

/** Where entry `index` lies in the buffer. */
export function entryAt(buffer: Buffer, at: number, index: number): number {
  return at + PAGE_HEADER_BYTES + buffer.readUInt16LE(at + PAGE_HEADER_BYTES + 2 * index);
}

/** Whether the entries lie inside the page, one beside the other. Pointers are sound already. */
export function entriesProblem(buffer: Buffer, at: number, pageBytes: number, kind: number): string | null {
  const pageEnd = at + pageBytes;
  const count = entryCount(buffer, at);
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const entry = entryAt(buffer, at, index);
    const end = entryEnd(buffer, entry, kind);
    if (end === null) return `impossible flags ${buffer.readUInt16LE(entry + 4)} of an entry`;
    if (end > pageEnd) return 'an entry reaches beyond the page';
    // Each entry begins at an even place.
    bytes += end - entry + ((end - entry) % 2);
  }
  return at + PAGE_HEADER_BYTES + buffer.readUInt16LE(at + 22) + bytes === pageEnd ? null : NOT_PACKED;
}

function entryEnd(buffer: Buffer, entry: number, kind: number): number | null {
  const keyEnd = entry + NODE_HEADER_BYTES + buffer.readUInt16LE(entry + 6);
  if (kind === BRANCH) return keyEnd;
  const flags = buffer.readUInt16LE(entry + 4);
  if (flags === BIG_VALUE) return keyEnd + OVERFLOW_RECORD_BYTES;
  return flags === 0 || flags === TREE_VALUE ? keyEnd + buffer.readUInt32LE(entry) : null;
}

/** Of a leaf's entry: the pages of a value that is too large for the leaf, or null. */
export function overflowOf(buffer: Buffer, entry: number): { page: number; pages: number } | null {
  if (buffer.readUInt16LE(entry + 4) !== BIG_VALUE) return null;
  const record = entry + NODE_HEADER_BYTES + buffer.readUInt16LE(entry + 6);
  return { page: wordAt(buffer, record), pages: wordAt(buffer, record + 16) };
}

/** Of a leaf's entry: the length of its value, wherever that lies. */
export function valueBytesOf(buffer: Buffer, entry: number): number {
  return buffer.readUInt32LE(entry);
}

/** Whether the value of a leaf's entry describes a tree. */
export function isTree(buffer: Buffer, entry: number): boolean {
  return buffer.readUInt16LE(entry + 4) === TREE_VALUE;
}

/** The page a branch's entry points at. It has no flags: their place holds the upper 16 bits of the page number. */
export function childOf(buffer: Buffer, entry: number): number {
  return buffer.readUInt32LE(entry) + buffer.readUInt16LE(entry + 4) * 2 ** 32;
}

/** 64 bits as a number; from 2^53 on not exact, which is larger than any page or transaction can be. */
export function wordAt(buffer: Buffer, at: number): number {
  return buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32;
}
