import type { IdToken } from '../../machines/shared/mapping/id-token.ts';
import type { OcppCall } from '../../machines/shared/mapping/mapping.ts';
import { idTagFor } from '../../machines/shared/mapping/up/id-tag.ts';
import { endReading } from '../../machines/shared/mapping/up/register-reading.ts';
import { transactionEventTo16 } from '../../machines/shared/mapping/up/transaction-event-to16.ts';
import type { StartTransactionReq, StopTransactionReq } from '../../machines/shared/ocpp16.ts';
import { msFromRfc3339, rfc3339 } from '../../machines/shared/rfc3339.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { noteOf, takeTransactionId } from './books.ts';
import type { Called, CalledEvent } from './called.ts';
import { passOn } from './event-answer.ts';
import { factsOf, in16, onlyFor16 } from './event-in-16.ts';
import { type EventState, forgetEvents } from './event-state.ts';
import { dropPending, type PendingEvent, pendingOf, putPending } from './pending-events.ts';
import { startCalled } from './start.ts';
import type { TransactionEventReq } from './transaction-event.ts';
import { putEventId, putTransaction, transactionOf } from './transaction-rows.ts';

/** Events of a transaction that no card was shown for yet. A plug that nobody authorised is no transaction to 1.6. */
export function eventBeforeSession(
  turn: Turn,
  called: Called,
  event: TransactionEventReq,
  about: CalledEvent,
  state: EventState,
): number {
  const { idToken, eventType } = event;
  const pending = withBegin(pendingOf(turn, about.id) ?? newPending(turn, event), event);
  const { session, connector } = pending;
  const begun = { ...about, session };
  if (eventType === 'Ended') {
    dropPending(turn, about.id);
    forgetEvents(turn, about.id);
    // Plugged in, and out again without a card.
    if (idToken === undefined && pending.isBegun)
      passOn(turn, called, begun, { kind: 'event', connector, transactionId: null, in16: null });
    else endOfUnstarted(turn, called, event, begun, { pending, state });
  } else if (idToken === undefined) {
    putPending(turn, about.id, pending);
    passOn(turn, called, begun, { kind: 'event', connector, transactionId: null, in16: null });
  } else {
    dropPending(turn, about.id);
    if (!pending.isBegun) journalMissingStart(turn, begun);
    start(turn, called, event, begun, { pending, idToken });
  }
  return connector;
}

function newPending(turn: Turn, { evse, meterValue = [], timestamp }: TransactionEventReq): PendingEvent {
  const connector = evse?.id ?? 0;
  return {
    session: turn.newUuid(),
    connector,
    energyWh:
      noteOf(turn, connector).energyWh ?? endReading(meterValue, 'Transaction.Begin', timestamp).energyWh,
    isBegun: false,
    at: turn.at,
    isNew: true,
  };
}

/** Started tells that the transaction began here, and mostly at which reading. */
function withBegin(pending: PendingEvent, event: TransactionEventReq): PendingEvent {
  const { eventType, meterValue = [], timestamp } = event;
  if (eventType !== 'Started') return pending;
  const { energyWh } = endReading(meterValue, 'Transaction.Begin', timestamp);
  return { ...pending, energyWh: energyWh ?? pending.energyWh, isBegun: true };
}

function journalMissingStart(turn: Turn, { id, session }: CalledEvent): void {
  turn.journal({
    type: 'event.startMissing',
    ...(session === null ? {} : { session }),
    reason: { code: 'event.firstOfItsTransaction', params: { transactionId: id } },
  });
}

/** The card is there: from here on it is a transaction to 1.6 as well, from the reading at which the charger began. */
function start(
  turn: Turn,
  called: Called,
  event: TransactionEventReq,
  about: CalledEvent & { session: string },
  { pending, idToken }: { pending: PendingEvent; idToken: IdToken },
): void {
  const { connector, energyWh } = pending;
  const facts = { nowMs: turn.at, transaction: factsOf(connector, null, idTagFor(idToken)) };
  const { calls, lost } = transactionEventTo16({ ...called.payload, eventType: 'Started' }, facts);
  const [first, ...rest] = calls as [OcppCall, ...OcppCall[]];
  const payload = first.payload as unknown as StartTransactionReq;
  const isTold = !lost.includes('meterStart');
  const isStartUnread = !isTold && energyWh === null;
  if (pending.isBegun || !isTold) payload.meterStart = energyWh ?? (isTold ? payload.meterStart : 0);
  startCalled(
    turn,
    in16(called, first, { ...about, isFree: idToken.type === 'NoAuthorization', isStartUnread }),
  );
  const transactionId = transactionOf(turn, about.session)?.transactionId ?? null;
  // The reading of a later event is a sample, whatever became `meterStart`.
  const further = event.eventType === 'Started' ? rest : transactionEventTo16(called.payload, facts).calls;
  for (const call of further) onlyFor16(turn, call, { session: about.session, connector, transactionId });
}

/**
 * Ended of a transaction whose start never came here. A CPMS of 1.6 gets a start all the same, as it could not place
 * the stop: at the earliest time and reading that are known. Nothing is made up for one of 2.0.1.
 */
function endOfUnstarted(
  turn: Turn,
  called: Called,
  event: TransactionEventReq,
  about: CalledEvent & { session: string },
  { pending, state }: { pending: PendingEvent; state: EventState },
): void {
  const { session, id } = about;
  const { connector } = pending;
  journalMissingStart(turn, about);
  const idTag = event.idToken === undefined ? '' : idTagFor(event.idToken);
  const transactionId = takeTransactionId(turn);
  const { calls, lost } = transactionEventTo16(called.payload, {
    nowMs: turn.at,
    transaction: factsOf(connector, transactionId, idTag),
  });
  const [stop] = calls as [OcppCall];
  const payload = stop.payload as unknown as StopTransactionReq;
  if (lost.includes('meterStop')) payload.meterStop = state.energyWh ?? pending.energyWh ?? 0;
  const begin = beginOf(event, pending, payload);
  const startPayload = { connectorId: connector, idTag, ...begin };
  const startOfIt = { action: 'StartTransaction', payload: startPayload };
  const startN = onlyFor16(turn, startOfIt, { session, connector, transactionId: null }, 'start');
  putTransaction(turn, {
    session,
    connector,
    idTag,
    transactionId,
    eventId: id,
    cpmsTransactionId: null,
    startN,
    // Over before this site knew of it: there is no session actor to be told anything.
    state: 'settled',
    startedAt: msFromRfc3339(begin.timestamp) ?? turn.at,
    meterStartWh: begin.meterStart,
    stoppedAt: msFromRfc3339(payload.timestamp) ?? turn.at,
    meterStopWh: payload.meterStop,
    startDead: false,
    acceptedAt: turn.at,
    endedAt: turn.at,
  });
  putEventId(turn, id, session);
  const text = { action: stop.action, raw: JSON.stringify(payload) };
  passOn(turn, called, about, { kind: 'stop', connector, transactionId, in16: text }, event.idToken);
}

/** The earliest that is known: a reading of the begin in Ended itself, else what was told before it, else nothing used. */
function beginOf(
  { meterValue = [], timestamp }: TransactionEventReq,
  { energyWh, at }: PendingEvent,
  { meterStop }: StopTransactionReq,
): { timestamp: string; meterStart: number } {
  const begins = meterValue.filter(({ sampledValue }) =>
    sampledValue.some(({ context }) => context === 'Transaction.Begin'),
  );
  const told = endReading(begins, 'Transaction.Begin', timestamp).energyWh;
  const meterStart = Math.min(told ?? energyWh ?? meterStop, meterStop);
  const times = [...meterValue.map((value) => value.timestamp), timestamp].filter(
    (text) => msFromRfc3339(text) !== null,
  );
  const [earliest = rfc3339(at)] = times.sort((a, b) => (msFromRfc3339(a) ?? 0) - (msFromRfc3339(b) ?? 0));
  return { timestamp: earliest, meterStart };
}
