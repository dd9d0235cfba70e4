import { BlockReader } from './block-reader.ts';
import {
  BRANCH,
  childOf,
  entriesProblem,
  entryAt,
  entryCount,
  headerProblem,
  isTree,
  LEAF,
  NODE_HEADER_BYTES,
  OVERFLOW,
  overflowOf,
  PAGE_HEADER_BYTES,
  pointersProblem,
  valueBytesOf,
} from './lmdb-page.ts';
import { TREE_BYTES, type Tree, treeAt } from './lmdb-tree.ts';

/** The state of a file that LMDB opens: its two trees as the header names them. */
export interface FileState {
  pageBytes: number;
  /** The highest page number in use. */
  lastPage: number;
  /** The transaction that wrote this state; no page of it is younger. */
  transaction: number;
  freePages: Tree;
  main: Tree;
}

/** A file too large to walk in this time is taken for good: starting late helps nobody. */
const WALK_LIMIT_MS = 20_000;
/** The clock is asked once in so many pages. */
const PAGES_PER_LOOK = 256;
const FREE_PAGES = 'free pages';

class Damage extends Error {}
class OutOfTime extends Error {}

/**
 * Walks every page of every tree without LMDB, which ends the process on some damaged pages, each time anew, or
 * hands out an older state of the file (both seen). Checks what LMDB trusts: that a page is the one that was
 * pointed at, is no younger than the state, belongs to one place only and has its entries inside itself and in
 * order, and that each tree is as deep and as large as its record says. What is inside a value has a checksum of
 * its own. Returns what is wrong, or null.
 */
export function walkLmdbFile(
  fd: number,
  state: FileState,
  tables: readonly string[],
  monotonicMs: () => number,
): string | null {
  try {
    new Walk(fd, state, monotonicMs).check(tables);
    return null;
  } catch (error) {
    if (error instanceof Damage) return error.message;
    if (error instanceof OutOfTime) return null;
    throw error;
  }
}

/** Bytes where they were read: a view of each of some hundred thousand keys would be much of the walk's time. */
interface Key {
  buffer: Buffer;
  at: number;
  bytes: number;
}

/** Where a value lies that is too large for its page, and its size. */
interface LargeValue {
  page: number;
  pages: number;
  bytes: number;
}

/** One tree under way: how much of it was seen, and its last key. */
interface Visit {
  name: string;
  order: (a: Key, b: Key) => number;
  seen: { branchPages: number; leafPages: number; overflowPages: number; entries: number };
  lastKey: Key | null;
  /** Where to put the trees that this tree's entries name, or null where entries are only entries. */
  tables: Map<string, Tree> | null;
}

class Walk {
  readonly #reader: BlockReader;
  readonly #state: FileState;
  readonly #visited: Uint8Array;
  readonly #now: () => number;
  readonly #deadline: number;
  #pages = 0;

  constructor(fd: number, state: FileState, monotonicMs: () => number) {
    this.#reader = new BlockReader(fd);
    this.#state = state;
    this.#visited = new Uint8Array(Math.floor(this.#reader.size / state.pageBytes));
    this.#now = monotonicMs;
    this.#deadline = monotonicMs() + WALK_LIMIT_MS;
  }

  check(tables: readonly string[]): void {
    this.#checkTree(FREE_PAGES, this.#state.freePages, null);
    const found = new Map<string, Tree>();
    this.#checkTree('main', this.#state.main, found);
    for (const name of tables) {
      const tree = found.get(name);
      if (tree === undefined) throw new Damage(`it has no table ${name}`);
      this.#checkTree(name, tree, null);
    }
  }

  #checkTree(name: string, tree: Tree, tables: Map<string, Tree> | null): void {
    if (tree.root === null) {
      if (tree.entries !== 0 || tree.depth !== 0) throw new Damage(`${name} has entries and no root`);
      return;
    }
    const order = name === FREE_PAGES ? compareNumbers : compareBytes;
    const seen = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
    this.#visitPage({ name, order, seen, lastKey: null, tables }, tree.root, tree.depth);
    for (const [what, count] of Object.entries(seen))
      if (count !== tree[what as keyof typeof seen])
        throw new Damage(`${name} has ${count} ${what}, its record says ${tree[what as keyof typeof seen]}`);
  }

  #visitPage(visit: Visit, page: number, height: number): void {
    const kind = height > 1 ? BRANCH : LEAF;
    const { pageBytes } = this.#state;
    const { buffer, at } = this.#read(visit.name, page, kind);
    const problem = pointersProblem(buffer, at, pageBytes) ?? entriesProblem(buffer, at, pageBytes, kind);
    if (problem !== null) throw new Damage(`page ${page} of ${visit.name}: ${problem}`);
    const count = entryCount(buffer, at);
    if (kind === BRANCH) {
      visit.seen.branchPages += 1;
      // Taken out before the first visit: the reader uses the memory again.
      const children = Array.from({ length: count }, (_, index) =>
        childOf(buffer, entryAt(buffer, at, index)),
      );
      for (const child of children) this.#visitPage(visit, child, height - 1);
      return;
    }
    visit.seen.leafPages += 1;
    visit.seen.entries += count;
    const large: LargeValue[] = [];
    for (let index = 0; index < count; index++)
      this.#visitEntry(visit, page, buffer, entryAt(buffer, at, index), large);
    // The reader uses the page's memory again while the values are read.
    visit.lastKey = visit.lastKey && copied(visit.lastKey);
    for (const value of large) this.#visitOverflow(visit, value);
  }

  #visitEntry(visit: Visit, page: number, buffer: Buffer, entry: number, large: LargeValue[]): void {
    const key = { buffer, at: entry + NODE_HEADER_BYTES, bytes: buffer.readUInt16LE(entry + 6) };
    if (visit.lastKey !== null && visit.order(visit.lastKey, key) >= 0)
      throw new Damage(`page ${page} of ${visit.name}: its keys are out of order`);
    visit.lastKey = key;
    const overflow = overflowOf(buffer, entry);
    if (overflow !== null) large.push({ ...overflow, bytes: valueBytesOf(buffer, entry) });
    if (!isTree(buffer, entry)) return;
    if (visit.tables === null || valueBytesOf(buffer, entry) !== TREE_BYTES)
      throw new Damage(`page ${page} of ${visit.name} names a tree where none can be`);
    // lmdb-js ends the names of tables with a zero byte.
    const end = key.at + key.bytes;
    visit.tables.set(buffer.toString('latin1', key.at, end).replace(/\0$/, ''), treeAt(buffer, end));
  }

  /** A value too large for its page lies on pages of its own, the first with a header. */
  #visitOverflow(visit: Visit, first: LargeValue): void {
    const needed = Math.ceil((PAGE_HEADER_BYTES + first.bytes) / this.#state.pageBytes);
    const { buffer, at } = this.#read(visit.name, first.page, OVERFLOW);
    if (first.pages !== needed || buffer.readUInt32LE(at + 20) !== needed)
      throw new Damage(`page ${first.page} of ${visit.name}: ${first.pages} pages for ${first.bytes} bytes`);
    for (let page = first.page + 1; page < first.page + needed; page++) this.#claim(visit.name, page);
    visit.seen.overflowPages += needed;
  }

  #read(name: string, page: number, kind: number): { buffer: Buffer; at: number } {
    this.#claim(name, page);
    const view = this.#reader.at(page * this.#state.pageBytes);
    const problem = headerProblem(view.buffer, view.at, { page, kind, newest: this.#state.transaction });
    if (problem !== null) throw new Damage(`page ${page} of ${name}: ${problem}`);
    return view;
  }

  #claim(name: string, page: number): void {
    if (page > this.#state.lastPage || page >= this.#visited.length)
      throw new Damage(`${name} points at page ${page}, which is not there`);
    if (this.#visited[page] === 1) throw new Damage(`page ${page} of ${name} is used twice`);
    this.#visited[page] = 1;
    this.#pages += 1;
    if (this.#pages % PAGES_PER_LOOK === 0 && this.#now() > this.#deadline) throw new OutOfTime();
  }
}

function copied({ buffer, at, bytes }: Key): Key {
  return { buffer: Buffer.from(buffer.subarray(at, at + bytes)), at: 0, bytes };
}

function compareBytes(a: Key, b: Key): number {
  const common = Math.min(a.bytes, b.bytes);
  for (let index = 0; index < common; index++) {
    const difference = a.buffer[a.at + index]! - b.buffer[b.at + index]!;
    if (difference !== 0) return difference;
  }
  return a.bytes - b.bytes;
}

/** Keys of the tree of free pages are transaction numbers in the machine's own byte order. */
function compareNumbers(a: Key, b: Key): number {
  if (a.bytes !== 8 || b.bytes !== 8) throw new Damage(`${FREE_PAGES}: a key that is no transaction`);
  const difference = a.buffer.readBigUInt64LE(a.at) - b.buffer.readBigUInt64LE(b.at);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}
