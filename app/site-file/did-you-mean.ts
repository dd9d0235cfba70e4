const SIMILARITY_MIN = 0.55;

/** The known key closest to a mistyped one, if any is close. Likeness is the shared subsequence, so `maxCurentA` finds `maxA`. */
export function didYouMean(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestSimilarity = SIMILARITY_MIN;
  for (const candidate of known) {
    const similarity = similarityOf(typed.toLowerCase(), candidate.toLowerCase());
    if (similarity > bestSimilarity) {
      best = candidate;
      bestSimilarity = similarity;
    }
  }
  return best;
}

function similarityOf(a: string, b: string): number {
  if (a.length > 64) return 0;
  return (2 * commonSubsequenceLength(a, b)) / (a.length + b.length);
}

function commonSubsequenceLength(a: string, b: string): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const characterOfA of a) {
    const next = [0];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = b[j - 1] === characterOfA ? (row[j - 1] ?? 0) + 1 : Math.max(row[j] ?? 0, next[j - 1] ?? 0);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
