import type { LostField, Payload } from './mapping.ts';

/** Levels that are looked at; the deepest payload of 2.0.1 has fewer. */
const DEPTH_MAX = 12;

/** Where a 2.0.1 payload carries `customData`, which 1.6 has no place for. The free `data` of a DataTransfer is none. */
export function customDataIn(payload: Payload): LostField[] {
  const found = new Set<LostField>();
  walk(payload, '', 0, found);
  return [...found];
}

function walk(node: unknown, path: string, depth: number, found: Set<LostField>): void {
  if (typeof node !== 'object' || node === null || depth > DEPTH_MAX) return;
  if (Array.isArray(node)) {
    for (const item of node) walk(item, `${path}[]`, depth + 1, found);
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    const at = path === '' ? key : `${path}.${key}`;
    if (key === 'customData') found.add(at);
    else if (at !== 'data') walk(value, at, depth + 1, found);
  }
}
