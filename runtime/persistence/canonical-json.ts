import type { Json } from '../envelope.ts';

/** Deeper values are refused: they could not be parsed and written again by every verifier. */
const DEPTH_MAX = 200;

/** Member names kept ready-made: at most this many, none longer than this; others are quoted each time. */
const LABELS_MAX = 2_048;
const LABEL_LENGTH_MAX = 64;
const labels = new Map<string, string>();

/**
 * Canonical JSON text of RFC 8785 (JCS): members sorted by the UTF-16 units of their names, numbers in their
 * ECMAScript form (-0 becomes 0), no white space, only the escapes that RFC 8785 asks for. Members that are
 * undefined are left out, as JSON does.
 *
 * RFC 8785 forbids lone surrogates; they reach us from foreign peers and must not stop the journal, so each is
 * replaced by U+FFFD. If that makes two member names equal, the last in sorted order of the originals stays.
 *
 * Throws TypeError for a number that is not finite or a value that JSON does not know, RangeError for a value
 * nested deeper than 200 levels.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

function write(value: Json | undefined, depth: number): string {
  switch (typeof value) {
    case 'string':
      return canonicalText(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`canonical JSON has no ${value}`);
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      break;
    default:
      throw new TypeError(`canonical JSON has no ${typeof value}`);
  }
  if (value === null) return 'null';
  if (depth >= DEPTH_MAX) throw new RangeError(`canonical JSON is limited to ${DEPTH_MAX} levels`);
  return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
}

function writeArray(items: Json[], depth: number): string {
  let text = '[';
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ',';
    text += write(items[index], depth);
  }
  return `${text}]`;
}

function writeObject(members: Record<string, Json>, depth: number): string {
  const names = sortNames(Object.keys(members));
  let text = '{';
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    const value = members[name];
    if (value === undefined) continue;
    const label = labelOf(name);
    if (label === null) return writeObject(repairNames(members, names), depth);
    text += text.length > 1 ? `,${label}${write(value, depth)}` : label + write(value, depth);
  }
  return `${text}}`;
}

function repairNames(members: Record<string, Json>, sortedNames: string[]): Record<string, Json> {
  // fromEntries defines own members, so that a name such as `__proto__` stays data.
  return Object.fromEntries(sortedNames.map((name) => [name.toWellFormed(), members[name]!]));
}

/** Sorts in place by UTF-16 units. Insertion sort: records have few members, often in order already. */
function sortNames(names: string[]): string[] {
  if (names.length > 32) return names.sort();
  for (let index = 1; index < names.length; index++) {
    const name = names[index]!;
    let slot = index;
    for (; slot > 0 && names[slot - 1]! > name; slot--) names[slot] = names[slot - 1]!;
    names[slot] = name;
  }
  return names;
}

/** `"name":`, or null when the name holds a lone surrogate. Ours are few, so they are kept; foreign ones fill up. */
function labelOf(name: string): string | null {
  const known = labels.get(name);
  if (known !== undefined) return known;
  if (!name.isWellFormed()) return null;
  const label = `${JSON.stringify(name)}:`;
  if (labels.size < LABELS_MAX && name.length <= LABEL_LENGTH_MAX) labels.set(name, label);
  return label;
}

/** The canonical form of a text alone; see {@link canonicalJson} for lone surrogates. */
export function canonicalText(text: string): string {
  return JSON.stringify(text.isWellFormed() ? text : text.toWellFormed());
}
