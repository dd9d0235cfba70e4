import { StoreFault } from './store.ts';

/** Longest key in UTF-8 bytes: LMDB's limit for 4 KiB pages, less the terminator that it adds. */
export const KEY_BYTES_MAX = 1_976;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const UNSTORABLE = /[\u0000-\u001f]|\p{Surrogate}/u;

/**
 * Whether `key` can be stored: 1 to {@link KEY_BYTES_MAX} bytes of UTF-8, no control characters and no lone
 * surrogates. Whoever builds a key from foreign text (an idTag, a transaction id) asks first: a group with an
 * unstorable key is refused as a whole.
 */
export function isStoreKey(key: string): boolean {
  if (key.length === 0 || key.length > KEY_BYTES_MAX) return false;
  // A UTF-16 unit takes at most 3 bytes, so a short key needs no counting.
  if (key.length * 3 > KEY_BYTES_MAX && Buffer.byteLength(key) > KEY_BYTES_MAX) return false;
  return !UNSTORABLE.test(key);
}

/** Throws a {@link StoreFault} `io` that names the table and the start of the key. */
export function assertStoreKey(table: string, key: string): void {
  if (isStoreKey(key)) return;
  throw new StoreFault(
    'io',
    `not a storable key in ${table}: ${JSON.stringify(key.slice(0, 80))} (${key.length} characters)`,
  );
}

/** Orders keys by code point, which is the order of their UTF-8 bytes (`<` on strings differs for emoji). */
export function compareStoreKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

/** Ranks a UTF-16 unit so that surrogates (code points from U+10000) come after U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
