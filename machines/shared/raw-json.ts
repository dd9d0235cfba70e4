const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);

/** Index just behind the JSON string that opens at `start`; the end of the text if it never closes. */
export function endOfString(raw: string, start: number): number {
  for (let i = start + 1; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return raw.length;
}

/** Index of the first character from `start` on that is no white space. */
export function skipSpace(raw: string, start: number): number {
  let i = start;
  while (i < raw.length && raw.charCodeAt(i) <= 0x20) i++;
  return i;
}

function isKey(raw: string, start: number, end: number, key: string): boolean {
  const text = raw.slice(start + 1, end - 1);
  if (!text.includes('\\')) return text === key;
  try {
    return JSON.parse(raw.slice(start, end)) === key;
  } catch {
    return false;
  }
}

const BOOLEAN = /true|false/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Where the values of a top-level key begin, in their order; more than one when the key stands there twice. */
function valuesOf(raw: string, key: string): number[] {
  const starts: number[] = [];
  let depth = 0;
  for (let i = 0; i < raw.length; ) {
    const code = raw.charCodeAt(i);
    if (code !== QUOTE) {
      if (OPEN.has(code)) depth++;
      else if (CLOSE.has(code)) depth--;
      i++;
      continue;
    }
    const end = endOfString(raw, i);
    const colon = depth === 1 ? skipSpace(raw, end) : raw.length;
    if (raw.charCodeAt(colon) === COLON && isKey(raw, i, end, key)) starts.push(skipSpace(raw, colon + 1));
    i = end;
  }
  return starts;
}

/** Puts `to` in the place of what matches `token` (sticky) where values of a top-level key begin. */
function replaceValues(raw: string, key: string, token: RegExp, to: string): string {
  let out = '';
  let copied = 0;
  for (const start of valuesOf(raw, key)) {
    token.lastIndex = start;
    const found = token.exec(raw);
    if (!found) continue;
    out += raw.slice(copied, found.index) + to;
    copied = token.lastIndex;
  }
  return copied === 0 ? raw : out + raw.slice(copied);
}

/**
 * Replaces the number of the top-level key `transactionId` in the raw text of a JSON object. Every other
 * character stays as it is (signed meter data must never be serialised again). Should the key stand there
 * twice, both are replaced: receivers differ in which one they take. Text without such a number comes back as it is.
 */
export function rewriteTransactionId(raw: string, to: number): string {
  return replaceValues(raw, 'transactionId', NUMBER, String(to));
}

/** The raw text of a TransactionEvent of 2.0.1, marked as one that could not be told when it happened. */
export function markedOffline(raw: string): string {
  if (valuesOf(raw, 'offline').length > 0) return replaceValues(raw, 'offline', BOOLEAN, 'true');
  const inside = raw.indexOf('{') + 1;
  return `${raw.slice(0, inside)}"offline":true,${raw.slice(inside)}`;
}

/**
 * Whether the raw text of a JSON object names a key twice, at any depth. Receivers differ in which one they take, so
 * such a text may say another thing to the charger than to whoever judged it.
 */
export function hasDoubledKeys(raw: string): boolean {
  return countKeys(raw) > countKeys(JSON.stringify(JSON.parse(raw)));
}

function countKeys(raw: string): number {
  let keys = 0;
  for (let i = 0; i < raw.length; ) {
    if (raw.charCodeAt(i) !== QUOTE) {
      i++;
      continue;
    }
    i = endOfString(raw, i);
    if (raw.charCodeAt(skipSpace(raw, i)) === COLON) keys++;
  }
  return keys;
}
