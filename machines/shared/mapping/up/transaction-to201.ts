import { rfc3339 } from '../../rfc3339.ts';
import { instant } from '../instants.ts';
import type { LostField, Mapped, MappingFacts, Payload } from '../mapping.ts';
import { callError, fields, sendOne, type Translation } from '../outcome.ts';
import { tokenOf } from './id-tag.ts';
import { idTagInfoFrom } from './id-token-info.ts';
import { fieldsBut } from './lost-fields.ts';
import { meterValuesTo201 } from './meter-values-to201.ts';
import { registerSample, saysEnergy } from './register-reading.ts';
import type { MeterValue, SampledValue16 } from './sampled-value.ts';
import { stopTo201 } from './stop-reason.ts';

/** `identifierString` of a transaction in 2.0.1. */
const TRANSACTION_ID_LENGTH_MAX = 36;

export const startedTo201: Translation = (payload, facts) => {
  const { connectorId, idTag, meterStart, reservationId, timestamp } = payload as unknown as Start16;
  const remoteStartId = facts.transaction?.remoteStartId ?? undefined;
  const moment = instant(timestamp) ?? rfc3339(facts.nowMs);
  const isUnnamed = idTag === '';
  return event(
    'Started',
    facts,
    {
      timestamp: moment,
      triggerReason:
        remoteStartId !== undefined ? 'RemoteStart' : isUnnamed ? 'CablePluggedIn' : 'Authorized',
      transactionInfo: fields({ remoteStartId }),
      evse: connectorId > 0 ? { id: connectorId, connectorId: 1 } : undefined,
      idToken: tokenOf(idTag),
      reservationId,
      meterValue: [{ timestamp: moment, sampledValue: [registerSample(meterStart, 'Transaction.Begin')] }],
    },
    [
      ...fieldsBut(payload, ['connectorId', 'idTag', 'meterStart', 'reservationId', 'timestamp']),
      ...badTimestamp(timestamp),
    ],
    ({ idTokenInfo }) => ({
      transactionId: numberOr0(facts),
      // A CPMS that says nothing of the card has nothing against it.
      idTagInfo: idTokenInfo === undefined ? { status: 'Accepted' } : idTagInfoFrom(idTokenInfo),
    }),
  );
};

/** MeterValues of a transaction. It is sent even if no sample is left: its `seqNo` must not be missing. */
export function updatedTo201(payload: Payload, facts: MappingFacts): Mapped {
  const { meterValue: given } = payload as unknown as { meterValue: MeterValues16 };
  const { meterValue, lost } = meterValuesTo201(given, 'meterValue', facts.nowMs);
  return event(
    'Updated',
    facts,
    {
      timestamp: meterValue.at(-1)?.timestamp ?? instant(given.at(-1)?.timestamp) ?? rfc3339(facts.nowMs),
      triggerReason: triggerOf(given),
      transactionInfo: {},
      evse: evseOf(facts),
      meterValue: meterValue.length > 0 ? meterValue : undefined,
    },
    [...lost, ...fieldsBut(payload, ['connectorId', 'transactionId', 'meterValue'])],
    () => ({}),
  );
}

export const endedTo201: Translation = (payload, facts) => {
  const { idTag, meterStop, timestamp, reason, transactionData = [] } = payload as unknown as Stop16;
  const moment = instant(timestamp) ?? rfc3339(facts.nowMs);
  const { stoppedReason, triggerReason } = stopTo201(reason);
  const { meterValue, lost } = meterValuesTo201(transactionData, 'transactionData', facts.nowMs);
  if (!saysEnergy(meterValue, 'Transaction.End', meterStop))
    meterValue.push({ timestamp: moment, sampledValue: [registerSample(meterStop, 'Transaction.End')] });
  return event(
    'Ended',
    facts,
    {
      timestamp: moment,
      triggerReason,
      transactionInfo: fields({ stoppedReason }),
      evse: evseOf(facts),
      idToken: idTag === undefined ? undefined : tokenOf(idTag),
      meterValue,
    },
    [...lost, ...fieldsBut(payload, PLACED_OF_STOP), ...badTimestamp(timestamp)],
    ({ idTokenInfo }) => (idTokenInfo === undefined ? {} : { idTagInfo: idTagInfoFrom(idTokenInfo) }),
  );
};

type MeterValues16 = Array<MeterValue<SampledValue16>>;

interface Start16 {
  connectorId: number;
  idTag: string;
  meterStart: number;
  reservationId?: number;
  timestamp: string;
}

interface Stop16 {
  idTag?: string;
  meterStop: number;
  timestamp: string;
  reason?: string;
  transactionData?: MeterValues16;
}

const PLACED_OF_STOP = ['transactionId', 'idTag', 'meterStop', 'timestamp', 'reason', 'transactionData'];

function event(
  eventType: string,
  facts: MappingFacts,
  parts: Record<string, unknown>,
  lost: readonly LostField[],
  result: (payload: Payload) => Payload,
): Mapped {
  const id = facts.transaction?.transactionId ?? null;
  const transactionId = id === null ? '' : String(id);
  if (
    facts.transaction === undefined ||
    transactionId === '' ||
    transactionId.length > TRANSACTION_ID_LENGTH_MAX
  ) {
    const reason = 'the transaction has no name that OCPP 2.0.1 could call it by';
    return { outcome: 'answered', answer: callError('InternalError', reason), reason };
  }
  const { seqNo, offline } = facts.transaction;
  const payload = fields({
    eventType,
    ...parts,
    seqNo,
    offline: offline ? true : undefined,
    transactionInfo: { transactionId, ...(parts.transactionInfo as Payload) },
  });
  return sendOne({ action: 'TransactionEvent', payload }, lost, result);
}

function evseOf({ transaction }: MappingFacts): Payload | undefined {
  const id = transaction?.connector ?? 0;
  return id > 0 ? { id, connectorId: 1 } : undefined;
}

/** By the context of the first sample; without one it is periodic. */
function triggerOf(meterValue: MeterValues16): string {
  const context = meterValue.flatMap(({ sampledValue }) => sampledValue).at(0)?.context;
  if (context === 'Trigger') return 'Trigger';
  return context === 'Sample.Clock' ? 'MeterValueClock' : 'MeterValuePeriodic';
}

function badTimestamp(text: string): LostField[] {
  return instant(text) === null ? ['timestamp'] : [];
}

/** The number that the charger is to use; 0 when it is not known here and the caller fills it in. */
function numberOr0({ transaction }: MappingFacts): number {
  return typeof transaction?.transactionId === 'number' ? transaction.transactionId : 0;
}
