import { fstatSync, readSync } from 'node:fs';

/** As large as the largest page. */
const BLOCK_BYTES = 1 << 16;
/**
 * 4 MiB: trees are read in the order of their keys, which jumps between the ends of some runs of pages. More memory
 * takes longer to touch for the first time than reading a block again does (measured: 32 MiB doubled the walk).
 */
const BLOCKS_MAX = 64;

/** Reads a file that nobody writes, in blocks, of which the last used are kept. What `at` returns holds for 60 calls. */
export class BlockReader {
  readonly size: number;
  readonly #fd: number;
  #newest = -1;
  #buffer: Buffer = Buffer.alloc(0);
  readonly #blocks = new Map<number, Buffer>();

  constructor(fd: number) {
    this.#fd = fd;
    this.size = fstatSync(fd).size;
  }

  /**
   * A buffer that holds the page at this offset of the file, and where in it. A page is a power of two of at most
   * 65 536 bytes, so none lies in two blocks. What is behind the end of the file reads as zero.
   */
  at(offset: number): { buffer: Buffer; at: number } {
    const block = Math.floor(offset / BLOCK_BYTES);
    if (block !== this.#newest) {
      const buffer = this.#blocks.get(block);
      this.#blocks.delete(block);
      this.#buffer = buffer ?? this.#load(block);
      this.#blocks.set(block, this.#buffer);
      this.#newest = block;
    }
    return { buffer: this.#buffer, at: offset - block * BLOCK_BYTES };
  }

  #load(block: number): Buffer {
    const buffer = this.#free() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const read = readSync(this.#fd, buffer, 0, BLOCK_BYTES, block * BLOCK_BYTES);
    buffer.fill(0, read);
    return buffer;
  }

  /** The memory of the block that was not used for longest, once there are enough. */
  #free(): Buffer | undefined {
    if (this.#blocks.size < BLOCKS_MAX) return undefined;
    const [oldest, buffer] = this.#blocks.entries().next().value!;
    this.#blocks.delete(oldest);
    return buffer;
  }
}
