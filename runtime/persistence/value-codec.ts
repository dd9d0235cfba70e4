import { crc32 } from 'node:zlib';
import type { Json } from '../envelope.ts';
import type { TableName } from './store.ts';

const CHECKSUM_BYTES = 4;

/**
 * A stored value whose checksum does not match: bit rot, or a record that ended up under another key.
 * It is never returned as data.
 */
export class CorruptValue extends Error {
  override readonly name = 'CorruptValue';
  readonly table: TableName;
  readonly key: string;
  constructor(table: TableName, key: string, problem: string) {
    super(`the value of ${table}/${key} is damaged: ${problem}`);
    this.table = table;
    this.key = key;
  }
}

/** Memory taken at once; a longer value gets its own. */
const CHUNK_BYTES = 64 * 1024;
const UTF8_BYTES_PER_UNIT_MAX = 3;

/**
 * Encodes values side by side in memory of their own, as all values of a group are written together. A value is the
 * UTF-8 of its text, followed by 4 bytes CRC-32 (big-endian, over the key's UTF-8 and then the text's). The key is
 * covered so that a value that LMDB hands out under a wrong key is noticed too.
 */
export class ValueWriter {
  readonly #chunkBytes: number;
  #chunk: Buffer = NOTHING;
  #used = 0;

  constructor(chunkBytes = CHUNK_BYTES) {
    this.#chunkBytes = chunkBytes;
  }

  /** Encodes text that is already serialised JSON. */
  raw(key: string, text: string): Uint8Array {
    const roomBytes = UTF8_BYTES_PER_UNIT_MAX * (key.length + text.length) + CHECKSUM_BYTES;
    if (this.#chunk.length - this.#used < roomBytes) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, roomBytes));
      this.#used = 0;
    }
    const chunk = this.#chunk;
    const start = this.#used;
    const textAt = start + chunk.write(key, start);
    const end = textAt + chunk.write(text, textAt);
    this.#used = chunk.writeUInt32BE(crc32(chunk.subarray(start, end)), end);
    return chunk.subarray(textAt, this.#used);
  }

  value(key: string, value: Json): Uint8Array {
    return this.raw(key, JSON.stringify(value));
  }
}

const NOTHING = Buffer.alloc(0);

/** Encodes one text alone; see {@link ValueWriter}. */
export function encodeRaw(key: string, text: string): Uint8Array {
  return new ValueWriter(0).raw(key, text);
}

/** Gives back exactly the text that {@link encodeRaw} was given; throws {@link CorruptValue}. */
export function decodeRaw(table: TableName, key: string, bytes: Uint8Array): string {
  const textBytes = bytes.length - CHECKSUM_BYTES;
  if (textBytes < 0) throw new CorruptValue(table, key, `only ${bytes.length} bytes`);
  // One view for all: a start decodes some hundred thousand values.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, textBytes);
  if (checksumAt(bytes, textBytes) !== crc32(text, crc32(key)))
    throw new CorruptValue(table, key, 'checksum differs');
  return text.toString();
}

function checksumAt(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 8) | bytes[at + 1]!;
  const low = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  return high * 0x1_00_00 + low;
}

/** Encodes one JSON value alone; see {@link ValueWriter}. */
export function encodeValue(key: string, value: Json): Uint8Array {
  return encodeRaw(key, JSON.stringify(value));
}

/** Decodes what {@link encodeValue} made; throws {@link CorruptValue}, never returns a wrong value. */
export function decodeValue(table: TableName, key: string, bytes: Uint8Array): Json {
  const text = decodeRaw(table, key, bytes);
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new CorruptValue(table, key, 'not JSON');
  }
}
