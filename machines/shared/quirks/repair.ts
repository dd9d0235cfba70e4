import type { Payload } from '../mapping/mapping.ts';

/** What a repair may ask besides the payload. */
export interface QuirkFacts {
  /** RFC 3339 in UTC for wall-clock text of the site; null: it is none, or its hour comes twice or not at all. */
  utcOf(local: string): string | null;
  /** True: that id names a transaction of the charger, or one is open on the connector. */
  isOfTransaction(connector: number, transactionId: number): boolean;
}

/** A repair of the payload of one action: the very same object when there is nothing to repair. */
export type Repair = (payload: Payload, facts: QuirkFacts) => Payload;

/** One value of a payload to what is to stand in its place, itself included. */
export type Change = (value: unknown) => unknown;

/** In place of a value: the field is to go. Not for entries of lists. */
export const LEFT_OUT = Symbol('left out');

const EACH = '[]';

/** Where values stand in a payload. */
export type Path = readonly string[];

/** Of field names, dotted; `[]` behind one stands for each entry of its list. */
export function pathOf(text: string): Path {
  return text.replaceAll(EACH, `.${EACH}`).split('.');
}

/**
 * The payload with the values at a path changed. What is not there, or is of another kind than the path takes it for,
 * stays. Shares all that stays with the original.
 */
export function changedAt(payload: Payload, path: Path, change: Change): Payload {
  return descend(payload, path, 0, change) as Payload;
}

/** A repair that changes values at these paths, as {@link pathOf} reads them. */
export function at(texts: readonly string[], change: Change): Repair {
  const paths = texts.map(pathOf);
  return (payload) => paths.reduce((told, path) => changedAt(told, path, change), payload);
}

export function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function descend(value: unknown, steps: Path, from: number, change: Change): unknown {
  const step = steps[from];
  if (step === undefined) return change(value);
  if (step === EACH) return Array.isArray(value) ? eachOf(value, steps, from + 1, change) : value;
  if (!isPayload(value) || !Object.hasOwn(value, step)) return value;
  const next = descend(value[step], steps, from + 1, change);
  if (next === value[step]) return value;
  if (next !== LEFT_OUT) return { ...value, [step]: next };
  const { [step]: _, ...rest } = value;
  return rest;
}

function eachOf(list: readonly unknown[], steps: Path, from: number, change: Change): unknown {
  const next = list.map((entry) => descend(entry, steps, from, change));
  return next.every((entry, i) => entry === list[i]) ? list : next;
}
