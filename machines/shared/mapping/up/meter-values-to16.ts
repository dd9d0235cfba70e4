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
 * its plain one as a sample of format SignedData. Samples that 1.6 cannot say, and meter values without any, are lost.
 */
export function meterValuesTo16(
  meterValues: ReadonlyArray<MeterValue<SampledValue201>>,
  nowMs: number,
): MeterValues16 {
  const lost = new Set<LostField>();
  const meterValue: MeterValues16['meterValue'] = [];
  for (const { timestamp, sampledValue } of meterValues) {
    const samples = sampledValue.flatMap((sample) => {
      const made = sampleTo16(sample);
      if (made.length === 0) lost.add('meterValue[].sampledValue[]');
      return made;
    });
    if (samples.length === 0) continue;
    const moment = instant(timestamp);
    if (moment === null) lost.add('meterValue[].timestamp');
    meterValue.push({ timestamp: moment ?? rfc3339(nowMs), sampledValue: samples });
  }
  return { meterValue, lost: [...lost] };
}

function sampleTo16(sample: SampledValue201): SampledValue16[] {
  const { context, measurand, phase, location, signedMeterValue } = sample;
  const decimal = decimalIn(sample);
  const value = decimal === null ? null : textOfDecimal(decimal);
  const unit = unitTo16(sample);
  if (value === null || unit === null || ONLY_IN_201.has(measurand ?? REGISTER)) return [];
  const labels = {
    ...(context !== undefined && { context }),
    ...(measurand !== undefined && { measurand }),
    ...(phase !== undefined && { phase }),
    ...(location !== undefined && { location }),
    ...(unit !== '' && { unit }),
  };
  const plain = { value, ...labels };
  if (signedMeterValue === undefined) return [plain];
  return [plain, { value: textOfSigned(signedMeterValue), format: 'SignedData', ...labels }];
}

/** '' for none. Null: 1.6 has no such unit, and without it the number would say something else. */
function unitTo16({ measurand, unitOfMeasure }: SampledValue201): string | null {
  const unit = unitOfMeasure?.unit;
  // 1.6 has no hertz: a frequency is in hertz without saying so.
  if (unit === undefined || (measurand === 'Frequency' && unit === 'Hz')) return '';
  return UNITS.has(unit) ? unit : null;
}
