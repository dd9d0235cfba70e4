import { msFromRfc3339 } from '../../rfc3339.ts';
import { type Decimal, isSameDecimal, nearestWhole, plus, timesTenTo } from './decimal.ts';
import {
  decimalIn,
  ENERGY_UNITS,
  isOutletRegister,
  type MeterValue,
  type SampledValue201,
} from './sampled-value.ts';

type MeterValue201 = MeterValue<SampledValue201>;

/** Which end of a transaction a register reading is of. */
export type End = 'Transaction.Begin' | 'Transaction.End';

export interface EndReading {
  /** Whole Wh, the nearest; null: no sample says it. */
  energyWh: number | null;
  /** The meter values without the reading, where `meterStart` or `meterStop` says all that it said. */
  rest: MeterValue201[];
}

/**
 * The register of the outlet at that end of a transaction: the sample of that context, else the first (at the begin) or
 * the last (at the end); where only phases are given, their sum.
 */
export function endReading(meterValues: readonly MeterValue201[], end: End, timestamp: string): EndReading {
  const inOrder = meterValues.flatMap((meterValue) =>
    meterValue.sampledValue.filter(isTotal).map((sample) => ({ meterValue, sample })),
  );
  const ofEnd = inOrder.filter(({ sample }) => sample.context === end);
  const found = (ofEnd.length > 0 ? ofEnd : inOrder).at(end === 'Transaction.Begin' ? 0 : -1);
  if (found === undefined) return { energyWh: sumOfPhases(meterValues, end), rest: [...meterValues] };
  const energy = wattHours(found.sample);
  const energyWh = energy === null ? null : nearestWhole(energy);
  const isSaid =
    energy !== null &&
    energyWh !== null &&
    isPlainReading(found.sample, end) &&
    isSameDecimal(energy, { digits: BigInt(energyWh), exponent: 0 }) &&
    msFromRfc3339(found.meterValue.timestamp) === msFromRfc3339(timestamp);
  return { energyWh, rest: isSaid ? without(meterValues, found.sample) : [...meterValues] };
}

/** True when a sample of that context says those Wh already. */
export function saysEnergy(meterValues: readonly MeterValue201[], end: End, energyWh: number): boolean {
  return meterValues.some(({ sampledValue }) =>
    sampledValue.some((sample) => {
      const energy = sample.context === end && isTotal(sample) ? wattHours(sample) : null;
      return energy !== null && nearestWhole(energy) === energyWh;
    }),
  );
}

/** `meterStart` or `meterStop` of 1.6 as the sample that 2.0.1 has for it. */
export function registerSample(energyWh: number, context: End): SampledValue201 {
  return {
    value: energyWh,
    context,
    measurand: 'Energy.Active.Import.Register',
    unitOfMeasure: { unit: 'Wh' },
  };
}

function isTotal(sample: SampledValue201): boolean {
  return isOutletRegister(sample) && sample.phase === undefined && isReading(sample);
}

/** Without a unit an energy is in Wh. A number made up for a signed text that stood alone is no reading. */
function isReading({ unitOfMeasure, customData }: SampledValue201): boolean {
  const isMadeUp = (customData as { valueUnknown?: unknown } | undefined)?.valueUnknown === true;
  return ENERGY_UNITS.includes(unitOfMeasure?.unit ?? 'Wh') && !isMadeUp;
}

function wattHours(sample: SampledValue201): Decimal | null {
  const decimal = decimalIn(sample);
  return decimal === null ? null : timesTenTo(sample.unitOfMeasure?.unit === 'kWh' ? 3 : 0, decimal);
}

function isPlainReading({ context, signedMeterValue, customData }: SampledValue201, end: End): boolean {
  return context === end && signedMeterValue === undefined && customData === undefined;
}

function without(meterValues: readonly MeterValue201[], sample: SampledValue201): MeterValue201[] {
  return meterValues
    .map((meterValue) => ({
      ...meterValue,
      sampledValue: meterValue.sampledValue.filter((each) => each !== sample),
    }))
    .filter(({ sampledValue }) => sampledValue.length > 0);
}

function sumOfPhases(meterValues: readonly MeterValue201[], end: End): number | null {
  const sums = meterValues
    .map(({ sampledValue }) => sampledValue.filter(isPhaseReading).map(wattHours))
    .filter(
      (energies): energies is Decimal[] => energies.length > 0 && energies.every((each) => each !== null),
    );
  const energies = sums.at(end === 'Transaction.Begin' ? 0 : -1);
  return energies === undefined ? null : nearestWhole(energies.reduce(plus));
}

function isPhaseReading(sample: SampledValue201): boolean {
  return isOutletRegister(sample) && ['L1', 'L2', 'L3'].includes(sample.phase ?? '') && isReading(sample);
}
