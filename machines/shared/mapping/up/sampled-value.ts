import { type Decimal, decimalOf, timesTenTo } from './decimal.ts';
import type { SignedMeterValue } from './signed-value.ts';

/** A MeterValue of one version or the other. */
export interface MeterValue<S> {
  timestamp: string;
  sampledValue: S[];
}

interface Labels {
  context?: string;
  measurand?: string;
  phase?: string;
  location?: string;
}

export interface SampledValue16 extends Labels {
  value: string;
  format?: string;
  unit?: string;
}

export interface SampledValue201 extends Labels {
  value: number;
  signedMeterValue?: SignedMeterValue;
  unitOfMeasure?: { unit?: string; multiplier?: number };
  customData?: unknown;
}

/** The measurand of both versions where none is given. */
export const REGISTER = 'Energy.Active.Import.Register';

export const ENERGY_UNITS: readonly string[] = ['Wh', 'kWh'];

/** Measurands of one version only. A sample of one has no place in the other. */
export const ONLY_IN_16: ReadonlySet<string> = new Set(['RPM', 'Temperature']);
export const ONLY_IN_201: ReadonlySet<string> = new Set([
  'Energy.Active.Net',
  'Energy.Apparent.Export',
  'Energy.Apparent.Import',
  'Energy.Apparent.Net',
  'Energy.Reactive.Net',
]);

/** A register reading of the whole outlet or of one phase of it, as both versions understand what is left out. */
export function isOutletRegister({ measurand = REGISTER, location = 'Outlet' }: Labels): boolean {
  return measurand === REGISTER && location === 'Outlet';
}

/** Far beyond any unit's prefix; the schema knows no bound. */
const MULTIPLIER_MAX = 30;

/** What the 2.0.1 sample says, multiplier included, without loss. Null: no number that a meter shows. */
export function decimalIn({ value, unitOfMeasure }: SampledValue201): Decimal | null {
  const multiplier = unitOfMeasure?.multiplier ?? 0;
  const decimal = Math.abs(multiplier) > MULTIPLIER_MAX ? null : decimalOf(String(value));
  return decimal === null ? null : timesTenTo(multiplier, decimal);
}
