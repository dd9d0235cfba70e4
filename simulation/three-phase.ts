/** Current on L1, L2, L3, milliamps. */
export type PhaseMilliamps = readonly [number, number, number];

export const NO_CURRENT: PhaseMilliamps = [0, 0, 0];

/** Phase to neutral; the simulation knows no voltage drop. */
export const PHASE_VOLTS = 230;

export function addPhases(a: PhaseMilliamps, b: PhaseMilliamps): PhaseMilliamps {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function totalMilliamps(phases: PhaseMilliamps): number {
  return phases[0] + phases[1] + phases[2];
}

export function isCurrent(phases: PhaseMilliamps): boolean {
  return totalMilliamps(phases) > 0;
}
