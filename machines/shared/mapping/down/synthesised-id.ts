/**
 * An id that the asker's version does not have and the receiver's asks for (`remoteStartId`, `requestId`): made of
 * the moment and the words of the request, so that the same CALL at the same moment always gets the same one.
 * 1 … 2^31 - 1 (FNV-1a, 32 bits, the sign cut off).
 */
export function synthesisedId(nowMs: number, ...words: readonly unknown[]): number {
  let hash = 0x811c9dc5;
  for (const char of JSON.stringify([nowMs, ...words])) {
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash & 0x7fffffff || 1;
}
