import type { Payload } from '../mapping/mapping.ts';
import type { QuirkFacts } from './repair.ts';
import type { RepairName, RepairStep } from './repairs.ts';

/** A repaired payload, and the repairs that changed something in it. */
export interface MendedPayload {
  payload: Payload;
  by: RepairName[];
}

/** Applies the repairs one after the other; null: there was nothing to repair. */
export function mendedPayload(
  steps: readonly RepairStep[],
  payload: Payload,
  facts: QuirkFacts,
): MendedPayload | null {
  const by: RepairName[] = [];
  let told = payload;
  for (const { name, repair } of steps) {
    const next = repair(told, facts);
    if (next !== told) by.push(name);
    told = next;
  }
  return by.length === 0 ? null : { payload: told, by };
}
