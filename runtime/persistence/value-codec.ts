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

/**
 * Encodes text that is already serialised JSON: 4 bytes CRC-32 (big-endian, over the key's UTF-8 and then
 * the text's UTF-8), followed by the text's UTF-8. The key is covered so that a value that LMDB hands out
 * under a wrong key is noticed too.
 */
export function encodeRaw(key: string, text: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(CHECKSUM_BYTES + Buffer.byteLength(text));
  bytes.write(text, CHECKSUM_BYTES, 'utf8');
  bytes.writeUInt32BE(checksumOf(key, bytes), 0);
  return bytes;
}

/** Gives back exactly the text that {@link encodeRaw} was given; throws {@link CorruptValue}. */
export function decodeRaw(table: TableName, key: string, bytes: Uint8Array): string {
  const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (stored.length < CHECKSUM_BYTES) throw new CorruptValue(table, key, `only ${stored.length} bytes`);
  if (stored.readUInt32BE(0) !== checksumOf(key, stored))
    throw new CorruptValue(table, key, 'checksum differs');
  return stored.toString('utf8', CHECKSUM_BYTES);
}

/** Encodes a JSON value for the store; see {@link encodeRaw} for the layout. */
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

function checksumOf(key: string, stored: Buffer): number {
  return crc32(stored.subarray(CHECKSUM_BYTES), crc32(key));
}
