/** Fractional bits of the cube roots of the first 64 primes, as FIPS 180-4 lists them; computed, not copied. */
const ROUND = roundConstants();
const START = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/**
 * SHA-256 (FIPS 180-4) of the text's UTF-8 bytes: eight words of 32 bits, unsigned. For short texts: the machines are
 * pure and have no crypto library.
 */
export function sha256(text: string): number[] {
  const blocks = padded(new TextEncoder().encode(text));
  const state = [...START];
  for (let at = 0; at < blocks.byteLength; at += 64) compress(state, blocks, at);
  return state;
}

function padded(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const view = new DataView(new ArrayBuffer(length));
  bytes.forEach((byte, index) => {
    view.setUint8(index, byte);
  });
  view.setUint8(bytes.length, 0x80);
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n);
  return view;
}

function compress(state: number[], blocks: DataView, at: number): void {
  const words: number[] = [];
  for (let i = 0; i < 64; i++) words.push(i < 16 ? blocks.getUint32(at + 4 * i) : scheduled(words, i));
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g);
    const sumE = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const first = (h + sumE + choice + (ROUND[i] ?? 0) + (words[i] ?? 0)) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const sumA = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + sumA + majority) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = ((state[index] ?? 0) + word) >>> 0;
  });
}

function scheduled(words: readonly number[], i: number): number {
  const near = words[i - 2] ?? 0;
  const far = words[i - 15] ?? 0;
  const mixedNear = turned(near, 17) ^ turned(near, 19) ^ (near >>> 10);
  const mixedFar = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
  return (mixedNear + (words[i - 7] ?? 0) + mixedFar + (words[i - 16] ?? 0)) | 0;
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function roundConstants(): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes.map((prime) => Number(cubeRoot(BigInt(prime) << 96n) & 0xffffffffn));
}

/** The whole part of the cube root; Newton's steps from above. */
function cubeRoot(of: bigint): bigint {
  let root = 1n << 40n;
  for (;;) {
    const next = (2n * root + of / (root * root)) / 3n;
    if (next >= root) return root;
    root = next;
  }
}
