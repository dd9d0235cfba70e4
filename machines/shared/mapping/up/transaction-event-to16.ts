import { rfc3339 } from '../../rfc3339.ts';
import { customDataIn } from '../custom-data.ts';
import type { IdToken } from '../id-token.ts';
import { instant } from '../instants.ts';
import type { LostField, MappingFacts, OcppCall, Payload } from '../mapping.ts';
import { fields } from '../outcome.ts';
import { idTagFor, lostOfIdToken } from './id-tag.ts';
import { fieldsBut } from './lost-fields.ts';
import { meterValuesTo16 } from './meter-values-to16.ts';
import { endReading } from './register-reading.ts';
import type { MeterValue, SampledValue201 } from './sampled-value.ts';
import { reasonTo16 } from './stop-reason.ts';

/** The 1.6 messages that say what an event says, in their order, and what they do not say. */
export interface EventIn16 {
  calls: OcppCall[];
  lost: LostField[];
}

interface TransactionEvent {
  eventType: string;
  meterValue?: Array<MeterValue<SampledValue201>>;
  timestamp: string;
  triggerReason: string;
  reservationId?: number;
  transactionInfo: { transactionId: string; stoppedReason?: string };
  evse?: { id: number; connectorId?: number };
  idToken?: IdToken;
}

/**
 * A 2.0.1 TransactionEvent as 1.6 messages. Started is a StartTransaction, and MeterValues for what it says besides
 * `meterStart`; Updated is MeterValues, or nothing when it has none; Ended is a StopTransaction.
 *
 * `facts.transaction.transactionId` is the 1.6 number; while it is not known MeterValues leave it out and a
 * StopTransaction says 0, for the caller to fill in. Without a register reading `meterStart` and `meterStop` are 0, and
 * listed in `lost` under these names. Without a token the idTag is that of the facts, else empty.
 */
export function transactionEventTo16(payload: Payload, facts: MappingFacts): EventIn16 {
  const event = payload as unknown as TransactionEvent;
  const { calls, lost } = messagesOf(event, facts);
  const always = [
    ...fieldsBut(payload, PLACED),
    ...fieldsBut(event.transactionInfo, ['transactionId', 'stoppedReason'], 'transactionInfo.'),
    ...((event.evse?.connectorId ?? 1) === 1 ? [] : ['evse.connectorId']),
    ...customDataIn(payload),
  ];
  return { calls, lost: [...new Set([...always, ...lost])] };
}

const PLACED = [
  ...['eventType', 'meterValue', 'timestamp', 'reservationId', 'transactionInfo', 'evse', 'idToken'],
];

function messagesOf(event: TransactionEvent, facts: MappingFacts): EventIn16 {
  if (event.eventType === 'Started') return started(event, facts);
  return event.eventType === 'Ended' ? ended(event, facts) : updated(event, facts);
}

function started(event: TransactionEvent, facts: MappingFacts): EventIn16 {
  const { meterValue = [], timestamp, idToken, reservationId } = event;
  const { energyWh, rest } = endReading(meterValue, 'Transaction.Begin', timestamp);
  const further = meterValues(rest, event, facts);
  const start = fields({
    connectorId: connectorOf(event, facts),
    idTag: idToken === undefined ? (facts.transaction?.idTag ?? '') : idTagFor(idToken),
    meterStart: energyWh ?? 0,
    reservationId,
    timestamp: momentOf(event, facts),
  });
  return {
    calls: [{ action: 'StartTransaction', payload: start }, ...further.calls],
    lost: [
      ...further.lost,
      ...(energyWh === null ? ['meterStart'] : []),
      ...(idToken === undefined ? [] : lostOfIdToken('idToken', idToken)),
    ],
  };
}

function updated(event: TransactionEvent, facts: MappingFacts): EventIn16 {
  const { calls, lost } = meterValues(event.meterValue ?? [], event, facts);
  const unplaced = [
    ...(event.idToken === undefined ? [] : ['idToken']),
    ...(event.reservationId === undefined ? [] : ['reservationId']),
  ];
  return { calls, lost: [...lost, ...unplaced] };
}

function ended(event: TransactionEvent, facts: MappingFacts): EventIn16 {
  const { meterValue = [], timestamp, triggerReason, transactionInfo, idToken, reservationId } = event;
  const { energyWh, rest } = endReading(meterValue, 'Transaction.End', timestamp);
  const data = meterValuesTo16(rest, facts.nowMs);
  const { stoppedReason } = transactionInfo;
  const reason = reasonTo16(stoppedReason, triggerReason);
  const stop = fields({
    idTag: idToken === undefined ? undefined : idTagFor(idToken),
    meterStop: energyWh ?? 0,
    timestamp: momentOf(event, facts),
    transactionId: numberOf(facts) ?? 0,
    reason,
    transactionData: data.meterValue.length > 0 ? data.meterValue : undefined,
  });
  return {
    calls: [{ action: 'StopTransaction', payload: stop }],
    lost: [
      ...data.lost,
      ...(energyWh === null ? ['meterStop'] : []),
      ...(stoppedReason === reason ? [] : ['transactionInfo.stoppedReason']),
      ...(idToken === undefined ? [] : lostOfIdToken('idToken', idToken)),
      ...(reservationId === undefined ? [] : ['reservationId']),
    ],
  };
}

function meterValues(
  given: ReadonlyArray<MeterValue<SampledValue201>>,
  event: TransactionEvent,
  facts: MappingFacts,
): EventIn16 {
  const { meterValue, lost } = meterValuesTo16(given, facts.nowMs);
  if (meterValue.length === 0) return { calls: [], lost };
  const payload = fields({
    connectorId: connectorOf(event, facts),
    transactionId: numberOf(facts) ?? undefined,
    meterValue,
  });
  return { calls: [{ action: 'MeterValues', payload }], lost };
}

function connectorOf({ evse }: TransactionEvent, { transaction }: MappingFacts): number {
  return evse?.id ?? transaction?.connector ?? 0;
}

function momentOf({ timestamp }: TransactionEvent, { nowMs }: MappingFacts): string {
  return instant(timestamp) ?? rfc3339(nowMs);
}

function numberOf({ transaction }: MappingFacts): number | null {
  return typeof transaction?.transactionId === 'number' ? transaction.transactionId : null;
}
