import { rfc3339 } from '../../rfc3339.ts';
import { instant } from '../instants.ts';
import type { LostField } from '../mapping.ts';
import { decimalOf, isSameDecimal } from './decimal.ts';
import {
  type MeterValue,
  ONLY_IN_16,
  REGISTER,
  type SampledValue16,
  type SampledValue201,
} from './sampled-value.ts';
import { ocmfReading, type SignedMeterValue, signedFrom } from './signed-value.ts';

export interface MeterValues201 {
  meterValue: Array<MeterValue<SampledValue201>>;
  lost: LostField[];
}

/** Says of a sample that its `value` is no reading, as its signed text stood alone and could not be read. */
const VALUE_UNKNOWN = { vendorId: 'holdfast', valueUnknown: true };

/**
 * Meter values of 1.6 for 2.0.1. Text becomes the same number. A signed text joins the plain sample that it signs, else
 * stands beside the reading that it says itself. Samples that 2.0.1 cannot say, and meter values without any, are lost.
 * @param path where they stand in the source, for what is lost
 */
export function meterValuesTo201(
  meterValues: ReadonlyArray<MeterValue<SampledValue16>>,
  path: string,
  nowMs: number,
): MeterValues201 {
  const lost = new Set<LostField>();
  const meterValue: MeterValues201['meterValue'] = [];
  for (const { timestamp, sampledValue } of meterValues) {
    const samples = samplesTo201(sampledValue, (field) => lost.add(`${path}[].sampledValue[]${field}`));
    if (samples.length === 0) continue;
    const moment = instant(timestamp);
    if (moment === null) lost.add(`${path}[].timestamp`);
    meterValue.push({ timestamp: moment ?? rfc3339(nowMs), sampledValue: samples });
  }
  return { meterValue, lost: [...lost] };
}

type Lose = (field: string) => void;

function samplesTo201(samples: readonly SampledValue16[], lose: Lose): SampledValue201[] {
  const places = samples.map((sample) => (isSigned(sample) ? null : plainTo201(sample, lose)));
  samples.forEach((sample, index) => {
    if (isSigned(sample)) placeSigned(sample, index, places, lose);
  });
  return places.filter((place) => place !== null);
}

function isSigned({ format }: SampledValue16): boolean {
  return format === 'SignedData';
}

function plainTo201(sample: SampledValue16, lose: Lose): SampledValue201 | null {
  const decimal = decimalOf(sample.value);
  const value = decimal === null ? Number.NaN : Number(sample.value);
  const told = decimalOf(String(value));
  if (decimal === null || told === null || ONLY_IN_16.has(sample.measurand ?? REGISTER)) {
    lose('');
    return null;
  }
  // More digits than a JSON number holds.
  if (!isSameDecimal(decimal, told)) lose('.value');
  return { value, ...labelsTo201(sample) };
}

function labelsTo201(sample: SampledValue16): Omit<SampledValue201, 'value'> {
  const { context, measurand, phase, location, unit } = sample;
  return {
    ...(context !== undefined && { context }),
    ...(measurand !== undefined && { measurand }),
    ...(phase !== undefined && { phase }),
    ...(location !== undefined && { location }),
    ...(unit !== undefined && { unitOfMeasure: { unit: unit === 'Celcius' ? 'Celsius' : unit } }),
  };
}

function placeSigned(
  sample: SampledValue16,
  index: number,
  places: Array<SampledValue201 | null>,
  lose: Lose,
): void {
  const signedMeterValue = signedFrom(sample.value);
  if (signedMeterValue === null || ONLY_IN_16.has(sample.measurand ?? REGISTER)) {
    lose('');
    return;
  }
  const isHost = (place: SampledValue201 | null | undefined): place is SampledValue201 =>
    place !== null && place !== undefined && place.signedMeterValue === undefined && isSigning(sample, place);
  const before = places[index - 1];
  const host = isHost(before) ? before : places.find(isHost);
  if (host !== undefined) host.signedMeterValue = signedMeterValue;
  else places[index] = standingAlone(sample, signedMeterValue);
}

/** It signs what is measured the same way at the same end of the transaction. */
function isSigning(signed: SampledValue16, plain: SampledValue201): boolean {
  return (
    (signed.measurand ?? REGISTER) === (plain.measurand ?? REGISTER) &&
    signed.phase === plain.phase &&
    (signed.context ?? 'Sample.Periodic') === (plain.context ?? 'Sample.Periodic')
  );
}

function standingAlone(sample: SampledValue16, signedMeterValue: SignedMeterValue): SampledValue201 {
  const isRegister = (sample.measurand ?? REGISTER) === REGISTER && sample.phase === undefined;
  const isBegin = sample.context === 'Transaction.Begin';
  const reading = isRegister ? ocmfReading(signedMeterValue.signedMeterData, isBegin) : null;
  const labels = labelsTo201(sample);
  if (reading === null) return { value: 0, ...labels, signedMeterValue, customData: VALUE_UNKNOWN };
  const { digits, exponent } = reading.value;
  const value = Number(`${digits}e${exponent}`);
  return { value, ...labels, unitOfMeasure: { unit: reading.unit }, signedMeterValue };
}
