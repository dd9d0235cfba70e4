const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Says why a JSON text may not be parsed for its nesting, or null. Runs before JSON.parse: deep nesting parses
 * well, and then overflows the stack of whatever walks the result (JSON.stringify, structuredClone).
 */
export function findDepthFault(text: string, depthMax: number): string | null {
  if (hasAtMostOpenings(text, depthMax)) return null;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return 'a string is not closed';
    } else if (unit === OPEN_OBJECT || unit === OPEN_ARRAY) {
      depth += 1;
      if (depth > depthMax) return `nested deeper than ${depthMax}`;
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) {
      depth -= 1;
    }
  }
  return null;
}

/** Too few brackets to nest too deep, wherever they stand: true for nearly every real frame, and found fast. */
function hasAtMostOpenings(text: string, countMax: number): boolean {
  let count = 0;
  for (const opening of ['{', '[']) {
    for (let at = text.indexOf(opening); at >= 0; at = text.indexOf(opening, at + 1)) {
      count += 1;
      if (count > countMax) return false;
    }
  }
  return true;
}

/** Index of the quote that closes the string opened at `open`, or -1. Linear: each backslash is seen twice at most. */
export function endOfString(text: string, open: number): number {
  let quote = text.indexOf('"', open + 1);
  while (quote >= 0) {
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote;
    quote = text.indexOf('"', quote + 1);
  }
  return -1;
}
