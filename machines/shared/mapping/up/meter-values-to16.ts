import { rfc3339 } from '../../rfc3339.ts';
import { instant } from '../instants.ts';
import type { LostField } from '../mapping.ts';
import { textOfDecimal } from './decimal.ts';
import {
  decimalIn,
  type MeterValue,
  ONLY_IN_201,
  REGISTER,
  type SampledValue16,
  type SampledValue201,
} from './sampled-value.ts';
import { textOfSigned } from './signed-value.ts';

export interface MeterValues16 {
  meterValue: Array<MeterValue<SampledValue16>>;
  lost: LostField[];
}

/** Units of 1.6, as its schema spells them. */
const UNITS: ReadonlySet<string> = new Set([
  ...['Wh', 'kWh', 'varh', 'kvarh', 'W', 'kW', 'VA', 'kVA', 'var', 'kvar'],
  ...['A', 'V', 'K', 'Celsius', 'Fahrenheit', 'Percent'],
]);

/**
 * Meter values of 2.0.1 for 1.6. The number becomes its decimal text, the multiplier worked in; a signed value follows
 * its plain one as a sample of format SignedData, and stands alone if 1.6 cannot say the number. Samples that 1.6 cannot
 * say, and meter values without any, are lost.
 */
export function meterValuesTo16(
  meterValues: ReadonlyArray<MeterValue<SampledValue201>>,
  nowMs: number,
): MeterValues16 {
  const lost = new Set<LostField>();
  const meterValue: MeterValues16['meterValue'] = [];
  for (const { timestamp, sampledValue } of meterValues) {
    const samples = sampledValue.flatMap((sample) =>
      sampleTo16(sample, (field) => lost.add(`meterValue[].sampledValue[]${field}`)),
    );
    if (samples.length === 0) continue;
    const moment = instant(timestamp);
    if (moment === null) lost.add('meterValue[].timestamp');
    meterValue.push({ timestamp: moment ?? rfc3339(nowMs), sampledValue: samples });
  }
  return { meterValue, lost: [...lost] };
}

function sampleTo16(sample: SampledValue201, lose: (field: string) => void): SampledValue16[] {
  const { context, measurand, phase, location, signedMeterValue } = sample;
  const value = numberTo16(sample);
  const isKnown = !ONLY_IN_201.has(measurand ?? REGISTER);
  if (!isKnown || (value === null && signedMeterValue === undefined)) {
    lose('');
    return [];
  }
  const unit = value === null ? '' : (unitTo16(sample) ?? '');
  const labels = {
    ...(context !== undefined && { context }),
    ...(measurand !== undefined && { measurand }),
    ...(phase !== undefined && { phase }),
    ...(location !== undefined && { location }),
    ...(unit !== '' && { unit }),
  };
  const plain = value === null ? [] : [{ value, ...labels }];
  if (value === null) lose('.value');
  if (signedMeterValue === undefined) return plain;
  return [...plain, { value: textOfSigned(signedMeterValue), format: 'SignedData', ...labels }];
}

/** Null: 1.6 has no unit for it, or it is no number that a meter shows. */
function numberTo16(sample: SampledValue201): string | null {
  const decimal = unitTo16(sample) === null ? null : decimalIn(sample);
  return decimal === null ? null : textOfDecimal(decimal);
}

/** '' for none. Null: 1.6 has no such unit, and without it the number would say something else. */
function unitTo16({ measurand, unitOfMeasure }: SampledValue201): string | null {
  const unit = unitOfMeasure?.unit;
  // 1.6 has no hertz: a frequency is in hertz without saying so.
  if (unit === undefined || (measurand === 'Frequency' && unit === 'Hz')) return '';
  return UNITS.has(unit) ? unit : null;
}
