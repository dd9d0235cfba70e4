import type { LostField } from '../mapping.ts';

/** The fields of an object that are given and not among those with a place. */
export function fieldsBut(given: object | undefined, placed: readonly string[], path = ''): LostField[] {
  if (given === undefined) return [];
  return Object.entries(given)
    .filter(([key, value]) => value !== undefined && key !== 'customData' && !placed.includes(key))
    .map(([key]) => path + key);
}
