import { endOfString, skipSpace } from './raw-json.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = new Set([0x7b, 0x5b]);
const CLOSE = new Set([0x7d, 0x5d]);
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** A number, true, false or null. */
const SCALAR = /[^\s,\]}]+/y;

/** One member of an object or one entry of a list, where it stands in the text. */
interface Part {
  /** Of its name, or of itself in a list. */
  start: number;
  valueStart: number;
  end: number;
  /** Null in a list. */
  name: string | null;
}

/**
 * The raw text of `before` with what is another in `after` written anew, and members that are not in it left out. Every
 * other character stays as it is: signed meter data must never be serialised again. A number that becomes its text, or
 * the other way round, keeps its digits as they stand, which may be more than JSON.parse keeps (1.10, or twenty of them).
 * `after` shares with `before` what stays, has no new members, and lists as long as before; `raw` names no key twice.
 */
export function rewritten(raw: string, before: unknown, after: unknown): string {
  const start = skipSpace(raw, 0);
  const end = endOfValue(raw, start);
  return raw.slice(0, start) + valueText(raw, start, end, before, after) + raw.slice(end);
}

function valueText(raw: string, start: number, end: number, before: unknown, after: unknown): string {
  if (Object.is(before, after)) return raw.slice(start, end);
  if (typeof before === 'number' && after === String(before)) return `"${raw.slice(start, end)}"`;
  if (typeof after === 'number' && isTextOf(before, after, raw.slice(start + 1, end - 1))) return before;
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after))
    return JSON.stringify(after);
  const parts = partsOf(raw, start, end);
  const first = parts[0];
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return raw.slice(start, end);
  let text = raw.slice(start, first.start);
  let isFirst = true;
  parts.forEach((part, i) => {
    const key = part.name ?? String(i);
    if (!Object.hasOwn(after, key)) return;
    if (!isFirst) text += raw.slice(parts[i - 1]?.end, part.start);
    isFirst = false;
    const value = valueText(raw, part.valueStart, part.end, before[key], after[key]);
    text += raw.slice(part.start, part.valueStart) + value;
  });
  return text + raw.slice(last.end, end);
}

function partsOf(raw: string, start: number, end: number): Part[] {
  const hasNames = raw[start] === '{';
  const parts: Part[] = [];
  let at = skipSpace(raw, start + 1);
  while (at < end - 1) {
    const nameEnd = hasNames ? endOfString(raw, at) : at;
    const name = hasNames ? (JSON.parse(raw.slice(at, nameEnd)) as string) : null;
    const valueStart = hasNames ? skipSpace(raw, skipSpace(raw, nameEnd) + 1) : at;
    const valueEnd = endOfValue(raw, valueStart);
    parts.push({ start: at, valueStart, end: valueEnd, name });
    at = skipSpace(raw, valueEnd);
    if (raw.charCodeAt(at) === COMMA) at = skipSpace(raw, at + 1);
  }
  return parts;
}

/** Index just behind the value that begins at `start`, in text that is known to be JSON. */
function endOfValue(raw: string, start: number): number {
  if (raw.charCodeAt(start) === QUOTE) return endOfString(raw, start);
  if (!OPEN.has(raw.charCodeAt(start))) {
    SCALAR.lastIndex = start;
    SCALAR.test(raw);
    return SCALAR.lastIndex;
  }
  let depth = 0;
  for (let i = start; i < raw.length; ) {
    const code = raw.charCodeAt(i);
    if (OPEN.has(code)) depth += 1;
    else if (CLOSE.has(code)) depth -= 1;
    i = code === QUOTE ? endOfString(raw, i) : i + 1;
    if (depth === 0) return i;
  }
  return raw.length;
}

/** Its digits could stand in JSON as they are, and do so in the text. */
function isTextOf(text: unknown, number: number, inQuotes: string): text is string {
  return text === inQuotes && DECIMAL.test(text) && Number(text) === number;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
