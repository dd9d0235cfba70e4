import { fstatSync, readSync } from 'node:fs';
import { PAGE_HEADER_BYTES, parsePage, type TreePage } from './lmdb-page.ts';
import { TREE_BYTES, type Tree, treeAt } from './lmdb-tree.ts';

/** The state of a file that LMDB opens: its two trees as the header names them. */
export interface FileState {
  pageBytes: number;
  /** The highest page number in use. */
  lastPage: number;
  /** The transaction that wrote this state; no page of it is younger. */
  transaction: bigint;
  freePages: Tree;
  main: Tree;
}

/** A file too large to walk in this time is taken for good: starting late helps nobody. */
const WALK_LIMIT_MS = 20_000;
/** The clock is asked once in so many pages. */
const PAGES_PER_LOOK = 256;

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

class Walk {
  readonly #fd: number;
  readonly #state: FileState;
  readonly #visited: Uint8Array;
  readonly #now: () => number;
  readonly #deadline: number;
  #pages = 0;

  constructor(fd: number, state: FileState, monotonicMs: () => number) {
    this.#fd = fd;
    this.#state = state;
    this.#visited = new Uint8Array(Math.floor(fstatSync(fd).size / state.pageBytes));
    this.#now = monotonicMs;
    this.#deadline = monotonicMs() + WALK_LIMIT_MS;
  }

  check(tables: readonly string[]): void {
    this.#checkTree('free pages', this.#state.freePages, null);
    const found = new Map<string, Tree>();
    this.#checkTree('main', this.#state.main, found);
    for (const name of tables) {
      const tree = found.get(name);
      if (tree === undefined) throw new Damage(`it has no table ${name}`);
      this.#checkTree(name, tree, null);
    }
  }

  /** `tables`: where to put the trees that this tree's entries name, or null where entries are only entries. */
  #checkTree(name: string, tree: Tree, tables: Map<string, Tree> | null): void {
    if (tree.root === null) {
      if (tree.entries !== 0 || tree.depth !== 0) throw new Damage(`${name} has entries and no root`);
      return;
    }
    const seen = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
    const order = name === 'free pages' ? compareNumbers : Buffer.compare;
    let last: Buffer | null = null;
    const visit = (pageNumber: number, height: number) => {
      if (height > 1) {
        seen.branchPages += 1;
        for (const child of this.#read(name, pageNumber, 'branch').children) visit(child, height - 1);
        return;
      }
      const page = this.#read(name, pageNumber, 'leaf');
      seen.leafPages += 1;
      for (const entry of page.entries) {
        if (last !== null && order(last, entry.key) >= 0)
          throw new Damage(`page ${pageNumber} of ${name}: its keys are out of order`);
        last = entry.key;
        seen.entries += 1;
        if (entry.overflow !== null)
          seen.overflowPages += this.#checkOverflow(name, entry.overflow, entry.valueBytes);
        if (entry.isTree && (tables === null || entry.value.length !== TREE_BYTES))
          throw new Damage(`page ${pageNumber} of ${name} names a tree where none can be`);
        if (entry.isTree)
          tables?.set(entry.key.toString('latin1').replace(/\0$/, ''), treeAt(entry.value, 0));
      }
    };
    visit(tree.root, tree.depth);
    for (const [what, count] of Object.entries(seen))
      if (count !== tree[what as keyof typeof seen])
        throw new Damage(`${name} has ${count} ${what}, its record says ${tree[what as keyof typeof seen]}`);
  }

  #read<K extends 'branch' | 'leaf'>(name: string, pageNumber: number, kind: K): TreePage & { kind: K } {
    const page = Buffer.allocUnsafe(this.#state.pageBytes);
    this.#fill(name, page, pageNumber);
    const parsed = parsePage(page, pageNumber, this.#state.transaction);
    if (typeof parsed === 'string') throw new Damage(`page ${pageNumber} of ${name}: ${parsed}`);
    if (!isOfKind(parsed, kind)) throw new Damage(`page ${pageNumber} of ${name} is no ${kind} page`);
    return parsed;
  }

  /** A value too large for its page lies on pages of its own, the first with a header. Returns how many. */
  #checkOverflow(name: string, first: { page: number; pages: number }, valueBytes: number): number {
    const needed = Math.ceil((PAGE_HEADER_BYTES + valueBytes) / this.#state.pageBytes);
    if (first.pages !== needed)
      throw new Damage(`${name}: a value of ${valueBytes} bytes on ${first.pages} pages`);
    const header = Buffer.allocUnsafe(PAGE_HEADER_BYTES);
    this.#fill(name, header, first.page);
    const parsed = parsePage(header, first.page, this.#state.transaction);
    if (typeof parsed === 'string' || parsed.kind !== 'overflow' || parsed.pages !== needed)
      throw new Damage(`page ${first.page} of ${name}: not the start of a value of ${needed} pages`);
    for (let page = first.page + 1; page < first.page + needed; page++) this.#claim(name, page);
    return needed;
  }

  #fill(name: string, target: Buffer, pageNumber: number): void {
    this.#claim(name, pageNumber);
    readSync(this.#fd, target, 0, target.length, pageNumber * this.#state.pageBytes);
  }

  #claim(name: string, pageNumber: number): void {
    if (pageNumber > this.#state.lastPage || pageNumber >= this.#visited.length)
      throw new Damage(`${name} points at page ${pageNumber}, which is not there`);
    if (this.#visited[pageNumber] === 1) throw new Damage(`page ${pageNumber} of ${name} is used twice`);
    this.#visited[pageNumber] = 1;
    this.#pages += 1;
    if (this.#pages % PAGES_PER_LOOK === 0 && this.#now() > this.#deadline) throw new OutOfTime();
  }
}

/** Keys of the tree of free pages are transaction numbers in the machine's own byte order. */
function compareNumbers(a: Buffer, b: Buffer): number {
  if (a.length !== 8 || b.length !== 8) throw new Damage('free pages: a key that is no transaction');
  const difference = a.readBigUInt64LE() - b.readBigUInt64LE();
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function isOfKind<K extends TreePage['kind']>(page: TreePage, kind: K): page is TreePage & { kind: K } {
  return page.kind === kind;
}
