import type { MappingFacts } from '../mapping.ts';
import { answerWith, sendOne, type Translation } from '../outcome.ts';
import { fieldsBut } from './lost-fields.ts';
import { meterValuesTo16 } from './meter-values-to16.ts';
import { meterValuesTo201 } from './meter-values-to201.ts';
import type { MeterValue, SampledValue16, SampledValue201 } from './sampled-value.ts';
import { updatedTo201 } from './transaction-to201.ts';

/** In 2.0.1 the values of a transaction are an event of it; only those of none are MeterValues. */
export const meterValuesTo201Call: Translation = (payload, facts: MappingFacts) => {
  if (facts.transaction !== undefined) return updatedTo201(payload, facts);
  const { connectorId, meterValue: given } = payload as unknown as {
    connectorId: number;
    meterValue: Array<MeterValue<SampledValue16>>;
  };
  const { meterValue, lost } = meterValuesTo201(given, 'meterValue', facts.nowMs);
  if (meterValue.length === 0) return answerWith({}, 'none of the meter values can be said in OCPP 2.0.1');
  lost.push(...fieldsBut(payload, ['connectorId', 'meterValue']));
  return sendOne({ action: 'MeterValues', payload: { evseId: connectorId, meterValue } }, lost, () => ({}));
};

export const meterValuesTo16Call: Translation = (payload, { nowMs }) => {
  const { evseId, meterValue: given } = payload as unknown as {
    evseId: number;
    meterValue: Array<MeterValue<SampledValue201>>;
  };
  const { meterValue, lost } = meterValuesTo16(given, nowMs);
  if (meterValue.length === 0) return answerWith({}, 'none of the meter values can be said in OCPP 1.6');
  return sendOne({ action: 'MeterValues', payload: { connectorId: evseId, meterValue } }, lost, () => ({}));
};
