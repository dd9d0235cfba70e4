/** Electrical and time arithmetic shared by the machines: integers in, integers out, units in the names. */

/** Limits go out in tenths of an ampere: OCPP 1.6 allows one decimal at most. */
export const LIMIT_STEP_MILLIAMPS = 100;

/** European nominal phase voltage (IEC 60038). */
export const NOMINAL_PHASE_VOLTS = 230;

/** OCPP 1.6 (errata 3.34): an absent numberPhases means three. */
export const DEFAULT_PHASES = 3;

/** Amperes with decimals, as on the wire, to the nearest whole milliampere. */
export function milliampsFromAmps(amps: number): number {
  return Math.round(amps * 1000);
}

/** Whole milliamperes to amperes for the wire: one decimal, rounded down so that no limit grows on its way. */
export function ampsFromMilliamps(milliamps: number): number {
  return Math.floor(milliamps / LIMIT_STEP_MILLIAMPS) / 10;
}

/** Milliamperes per phase of a power in watts spread over that many phases: I = P / (V * phases), rounded down. */
export function milliampsFromWatts(watts: number, phases: number = DEFAULT_PHASES): number {
  return Math.floor((watts * 1000) / (NOMINAL_PHASE_VOLTS * phases));
}

/** Watts of a current per phase over that many phases, rounded down. */
export function wattsFromMilliamps(milliamps: number, phases: number = DEFAULT_PHASES): number {
  return Math.floor((milliamps * NOMINAL_PHASE_VOLTS * phases) / 1000);
}

/** Down to what can be said on the wire. */
export function floorToLimitStep(milliamps: number): number {
  return Math.floor(milliamps / LIMIT_STEP_MILLIAMPS) * LIMIT_STEP_MILLIAMPS;
}
