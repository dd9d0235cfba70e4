import type { IdToken } from '../../machines/shared/mapping/id-token.ts';
import type { ChargingState } from '../../machines/shared/mapping/mapping.ts';
import type { MeterValue, SampledValue201 } from '../../machines/shared/mapping/up/sampled-value.ts';
import { transactionEventTo16 } from '../../machines/shared/mapping/up/transaction-event-to16.ts';
import type { StartTransactionReq, StopTransactionReq } from '../../machines/shared/ocpp16.ts';
import { msFromRfc3339 } from '../../machines/shared/rfc3339.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { type ContentRow, type InFlightRow, type QueueRow, queueKey, type TransactionRow } from '../tells.ts';
import { repeated } from './awaiting.ts';
import { noteOf } from './books.ts';
import type { Called, CalledEvent } from './called.ts';
import { contentOf, eventKey } from './content.ts';
import { decideEvent, passOn } from './event-answer.ts';
import { eventBeforeSession } from './event-before-session.ts';
import { factsOf, in16, onlyFor16 } from './event-in-16.ts';
import { type EventState, noteEvent } from './event-state.ts';
import { meterCalled } from './meter.ts';
import { type Asker, chargerOf } from './outbound.ts';
import { decideStart } from './start.ts';
import { chargingStateTold } from './status.ts';
import { decideStop, stopCalled } from './stop.ts';
import { putTransaction, sessionOfEvent, transactionOf } from './transaction-rows.ts';
import { wordOf } from './words.ts';

/** The parts of a TransactionEvent.req that decisions rest on. */
export interface TransactionEventReq {
  eventType: 'Started' | 'Updated' | 'Ended';
  timestamp: string;
  seqNo: number;
  transactionInfo: { transactionId: string; chargingState?: ChargingState };
  evse?: { id: number };
  idToken?: IdToken;
  meterValue?: Array<MeterValue<SampledValue201>>;
}

/**
 * TransactionEvent.req of a 2.0.1 charger. The event that brings the card is what StartTransaction is to 1.6: from it
 * on there is a session; Ended is the StopTransaction, and what lies between are meter values. Each goes upstream as
 * it came, with its 1.6 form beside it.
 */
export function transactionEventCalled(turn: Turn, called: Called): void {
  const event = called.payload as unknown as TransactionEventReq;
  const { transactionId: id, chargingState } = event.transactionInfo;
  const contentKey = eventKey(event);
  const known = contentOf(turn, contentKey);
  if (known) {
    eventRepeated(turn, called, contentKey, known);
    return;
  }
  const transaction = transactionNamed(turn, event);
  const session = transaction?.session ?? null;
  const about: CalledEvent = { id, session, contentKey, raw: called.raw };
  const state = noteEvent(turn, event, session);
  const connector = transaction
    ? eventOfSession(turn, called, event, about, transaction, state)
    : eventBeforeSession(turn, called, event, about, state);
  const running = noteOf(turn, connector).session;
  const isOfAnother = running !== null && running !== sessionOfEvent(turn, id);
  if (connector > 0 && !isOfAnother)
    chargingStateTold(turn, connector, event.eventType === 'Ended' ? 'Idle' : chargingState, event.timestamp);
}

/** A charger that counts its transactions from the start again begins a new one under an old id. */
function transactionNamed(turn: Turn, event: TransactionEventReq): TransactionRow | undefined {
  const session = sessionOfEvent(turn, event.transactionInfo.transactionId);
  const transaction = session === null ? undefined : transactionOf(turn, session);
  const isOver = transaction?.state === 'stopped' || transaction?.state === 'settled';
  const isAnother = isOver && event.eventType === 'Started' && startsLater(event, transaction);
  return isAnother ? undefined : transaction;
}

/** Not a Started that was held up behind its own Ended. */
function startsLater({ timestamp }: TransactionEventReq, { startedAt, stoppedAt }: TransactionRow): boolean {
  const at = msFromRfc3339(timestamp);
  return at !== null && at >= (stoppedAt ?? startedAt);
}

function eventRepeated(turn: Turn, called: Called, contentKey: string, known: ContentRow): void {
  const { n, session } = known;
  const word = wordOf(turn, n);
  repeated(turn, called, known, (asker: Asker) => {
    if (word?.kind === 'start' && session !== null)
      decideStart(turn, session, contentKey, asker, 'backendAway');
    else if (word?.kind === 'event') decideEvent(turn, n, word, asker);
    else decideStop(turn, n, session, contentKey, asker, 'backendAway');
  });
}

function eventOfSession(
  turn: Turn,
  called: Called,
  event: TransactionEventReq,
  about: CalledEvent,
  transaction: TransactionRow,
  state: EventState,
): number {
  const { connector, transactionId, idTag, session } = transaction;
  const { calls, lost } = transactionEventTo16(called.payload, {
    nowMs: turn.at,
    transaction: factsOf(connector, transactionId, idTag),
  });
  const isLateStart = event.eventType === 'Started';
  const [first, ...further] = isLateStart ? [] : calls;
  if (event.eventType === 'Ended' && first) {
    const payload = first.payload as unknown as StopTransactionReq;
    // Without a last reading the newest one known: never less than what was told before.
    if (lost.includes('meterStop'))
      payload.meterStop = Math.max(state.energyWh ?? 0, transaction.meterStartWh);
    stopCalled(turn, in16(called, first, about));
  } else if (first && event.idToken === undefined) meterCalled(turn, in16(called, first, about));
  else {
    const text = first ? { action: first.action, raw: JSON.stringify(first.payload) } : null;
    if (isLateStart) startToldLate(turn, calls[0]?.payload, lost, transaction);
    passOn(turn, called, about, { kind: 'event', connector, transactionId, in16: text }, event.idToken);
  }
  for (const call of further) onlyFor16(turn, call, { session, connector, transactionId });
  return connector;
}

/**
 * Started came behind the event that the session began with. What it says of the beginning is put into the start
 * that waits for a CPMS of 1.6, unless that has left.
 */
function startToldLate(
  turn: Turn,
  payload: Record<string, unknown> | undefined,
  lost: readonly string[],
  transaction: TransactionRow,
): void {
  const { meterStart, timestamp } = payload as unknown as StartTransactionReq;
  const { startN, session, connector } = transaction;
  const meterStartWh = lost.includes('meterStart') ? transaction.meterStartWh : meterStart;
  const startedAt = msFromRfc3339(timestamp) ?? transaction.startedAt;
  putTransaction(turn, { ...transaction, meterStartWh, startedAt });
  const isPutRight = correctStart(turn, startN, { meterStart: meterStartWh, timestamp });
  turn.journal({
    type: 'event.startedLate',
    session,
    connector,
    reason: { code: isPutRight ? 'event.startPutRight' : 'event.startHasLeft', params: { n: startN } },
    data: { meterStartWh, startedAt },
  });
}

function correctStart(turn: Turn, n: number, told: { meterStart: number; timestamp: string }): boolean {
  const charger = chargerOf(turn);
  const row = turn.row<Json>(`north/${charger}`, queueKey(n)) as unknown as QueueRow | undefined;
  const sent = turn.row<InFlightRow & Json>(`inFlight/${charger}`, 'call');
  // A message in doubt must not change: its repeat is told by being the same.
  if (!row?.in16 || sent?.n === n || sent?.repeat === n) return false;
  const raw = JSON.stringify({ ...(JSON.parse(row.in16.raw) as object), ...told });
  turn.putRow(`north/${charger}`, queueKey(n), { ...row, in16: { ...row.in16, raw } } as unknown as Json);
  return true;
}
