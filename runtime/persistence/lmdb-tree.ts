/** One tree of an LMDB file, as 48 bytes of the header or of an entry in the main tree describe it. */
export interface Tree {
  depth: number;
  branchPages: number;
  leafPages: number;
  overflowPages: number;
  entries: number;
  /** Null for an empty tree. */
  root: number | null;
}

export const TREE_BYTES = 48;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

export function treeAt(buffer: Buffer, at: number): Tree {
  const count = (offset: number) => Number(buffer.readBigUInt64LE(at + offset));
  const root = buffer.readBigUInt64LE(at + 40);
  return {
    depth: buffer.readUInt16LE(at + 6),
    branchPages: count(8),
    leafPages: count(16),
    overflowPages: count(24),
    entries: count(32),
    root: root === NO_PAGE ? null : Number(root),
  };
}
