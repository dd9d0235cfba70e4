import type { MeterValuesReq, SampledValue } from './ocpp16.ts';

/** What one MeterValues says that decisions rest on. Null where it does not say it. */
export interface Sample {
  /** Energy register of the outlet, Wh. */
  energyWh: number | null;
  /** Currents drawn, mA: one per phase in the order L1, L2, L3, or a single one without phases. */
  currentMilliamps: number[] | null;
  /** Signed values are evidence: they are never thinned, and are on disk before they are answered. */
  isSigned: boolean;
  /** The first or last value of a transaction. */
  isBoundary: boolean;
}

const ENERGY = 'Energy.Active.Import.Register';
const PHASES: readonly string[] = ['L1', 'L2', 'L3'];

/** Reads a MeterValues.req; of several samples in it the last one counts. Defaults as in OCPP 1.6, 7.43. */
export function sampleOf({ meterValue }: MeterValuesReq): Sample {
  let isSigned = false;
  let isBoundary = false;
  for (const { sampledValue } of meterValue) {
    for (const { format, context } of sampledValue) {
      if (format === 'SignedData') isSigned = true;
      if (context === 'Transaction.Begin' || context === 'Transaction.End') isBoundary = true;
    }
  }
  const newest = meterValue.at(-1)?.sampledValue.filter(isOutletReading) ?? [];
  return { energyWh: energyOf(newest), currentMilliamps: currentsOf(newest), isSigned, isBoundary };
}

function isOutletReading({ location = 'Outlet', format }: SampledValue): boolean {
  return location === 'Outlet' && format !== 'SignedData';
}

/** The total; where only phases are given (seen in the field), their sum. */
function energyOf(values: readonly SampledValue[]): number | null {
  const energies = values.filter(({ measurand = ENERGY }) => measurand === ENERGY);
  const totals = energies.filter(({ phase }) => phase === undefined);
  const counted = totals.length > 0 ? totals.slice(-1) : energies.filter(({ phase }) => isPhase(phase));
  const parts = counted.map(({ value, unit }) => numberOf(value) * (unit === 'kWh' ? 1000 : 1));
  return parts.length > 0 && parts.every(Number.isFinite) ? Math.round(parts.reduce((a, b) => a + b)) : null;
}

function currentsOf(values: readonly SampledValue[]): number[] | null {
  const byPhase: Array<number | undefined> = [undefined, undefined, undefined];
  let single: number | undefined;
  for (const { measurand, phase, value } of values) {
    if (measurand !== 'Current.Import') continue;
    const milliamps = Math.round(numberOf(value) * 1000);
    const index = phase === undefined ? -1 : PHASES.indexOf(phase);
    if (index >= 0) byPhase[index] = milliamps;
    else if (phase === undefined) single = milliamps;
  }
  const phased = byPhase.filter((milliamps) => milliamps !== undefined);
  const milliamps = phased.length === 0 && single !== undefined ? [single] : phased;
  return milliamps.length > 0 && milliamps.every(Number.isFinite) ? milliamps : null;
}

function isPhase(phase: string | undefined): boolean {
  return phase !== undefined && PHASES.includes(phase);
}

/** Empty texts occur; they are no zero. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
