import type { IdToken } from '../../machines/shared/mapping/id-token.ts';
import type { ChargingState, OcppCall, TransactionFacts } from '../../machines/shared/mapping/mapping.ts';
import { idTagFor } from '../../machines/shared/mapping/up/id-tag.ts';
import { transactionEventTo16 } from '../../machines/shared/mapping/up/transaction-event-to16.ts';
import type { StartTransactionReq, StopTransactionReq } from '../../machines/shared/ocpp16.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { ContentRow, QueueRow, TransactionRow } from '../tells.ts';
import { authoriseLocally } from './authorise.ts';
import { repeated } from './awaiting.ts';
import { noteOf } from './books.ts';
import type { Called, CalledEvent } from './called.ts';
import { contentOf, eventKey, putContent } from './content.ts';
import { meterCalled } from './meter.ts';
import { type Asker, answerCharger } from './outbound.ts';
import { dropPending, type PendingEvent, pendingOf, putPending } from './pending-events.ts';
import { enqueue } from './queue.ts';
import { decideStart, startCalled } from './start.ts';
import { chargingStateTold } from './status.ts';
import { decideStop, stopCalled } from './stop.ts';
import { sessionOfEvent, transactionOf } from './transaction-rows.ts';
import { wordOf } from './words.ts';

/** The parts of a TransactionEvent.req that decisions rest on. */
export interface TransactionEventReq {
  eventType: 'Started' | 'Updated' | 'Ended';
  timestamp: string;
  seqNo: number;
  transactionInfo: { transactionId: string; chargingState?: ChargingState };
  evse?: { id: number };
  idToken?: IdToken;
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
  const session = sessionOfEvent(turn, id);
  const transaction = session === null ? undefined : transactionOf(turn, session);
  const about: CalledEvent = { id, session, contentKey, raw: called.raw };
  const connector = transaction
    ? eventOfSession(turn, called, event, about, transaction)
    : eventBeforeSession(turn, called, event, about);
  if (connector > 0)
    chargingStateTold(turn, connector, event.eventType === 'Ended' ? 'Idle' : chargingState, event.timestamp);
}

function eventRepeated(turn: Turn, called: Called, contentKey: string, known: ContentRow): void {
  const { n, session } = known;
  const kind = wordOf(turn, n)?.kind;
  repeated(turn, called, known, (asker: Asker) => {
    if (kind === 'start' && session !== null) decideStart(turn, session, contentKey, asker, 'backendAway');
    else decideStop(turn, n, session, contentKey, asker, 'backendAway');
  });
}

/** Nothing of it has a card yet. A plug that nobody authorised is no transaction to 1.6. */
function eventBeforeSession(
  turn: Turn,
  called: Called,
  event: TransactionEventReq,
  about: CalledEvent,
): number {
  const pending = pendingOf(turn, about.id) ?? newPending(turn, event);
  const { session, connector } = pending;
  const { idToken, eventType } = event;
  const begun = { ...about, session };
  if (idToken === undefined || eventType === 'Ended') {
    if (eventType === 'Ended') dropPending(turn, about.id);
    else putPending(turn, about.id, pending);
    if (eventType === 'Ended' && idToken !== undefined) journalMissingStart(turn, about);
    passOn(turn, called, begun, { kind: 'event', connector, transactionId: null, in16: null });
    answerCharger(turn, called, { raw: tokenAnswer(turn, idToken, null) });
    return connector;
  }
  dropPending(turn, about.id);
  if (eventType !== 'Started' && pending.isNew) journalMissingStart(turn, about);
  const { calls, lost } = transactionEventTo16(
    { ...called.payload, eventType: 'Started' },
    { nowMs: turn.at, transaction: factsOf(pending.connector, null, idTagFor(idToken)) },
  );
  const [start, ...further] = calls as [OcppCall, ...OcppCall[]];
  const payload = start.payload as unknown as StartTransactionReq;
  if (lost.includes('meterStart')) payload.meterStart = pending.energyWh ?? 0;
  startCalled(turn, in16(called, start, begun));
  const row = transactionOf(turn, session);
  for (const call of further)
    onlyFor16(turn, call, { session, connector, transactionId: row?.transactionId ?? null });
  return connector;
}

function newPending(turn: Turn, { evse }: TransactionEventReq): PendingEvent {
  const connector = evse?.id ?? 0;
  return {
    session: turn.newUuid(),
    connector,
    energyWh: noteOf(turn, connector).energyWh,
    at: turn.at,
    isNew: true,
  };
}

function journalMissingStart(turn: Turn, { id, session }: CalledEvent): void {
  turn.journal({
    type: 'event.startMissing',
    ...(session === null ? {} : { session }),
    reason: { code: 'event.firstOfItsTransaction', params: { transactionId: id } },
  });
}

function eventOfSession(
  turn: Turn,
  called: Called,
  event: TransactionEventReq,
  about: CalledEvent,
  transaction: TransactionRow,
): number {
  const { connector, transactionId, idTag, session } = transaction;
  const facts = { nowMs: turn.at, transaction: factsOf(connector, transactionId, idTag) };
  const { calls, lost } = transactionEventTo16(called.payload, facts);
  const [first, ...further] = event.eventType === 'Started' ? [] : calls;
  if (event.eventType === 'Ended' && first) {
    const payload = first.payload as unknown as StopTransactionReq;
    // Without a last reading the newest one known: never less than what was told before.
    if (lost.includes('meterStop'))
      payload.meterStop = Math.max(noteOf(turn, connector).energyWh ?? 0, transaction.meterStartWh);
    stopCalled(turn, in16(called, first, about));
  } else if (first && event.idToken === undefined) meterCalled(turn, in16(called, first, about));
  else {
    const text = first ? { action: first.action, raw: JSON.stringify(first.payload) } : null;
    passOn(turn, called, about, { kind: 'event', connector, transactionId, in16: text });
    answerCharger(turn, called, { raw: tokenAnswer(turn, event.idToken, idTag) });
  }
  for (const call of further) onlyFor16(turn, call, { session, connector, transactionId });
  return connector;
}

/** The card of the session itself may always end it; another one is judged here. */
function tokenAnswer(turn: Turn, idToken: IdToken | undefined, sessionIdTag: string | null): string {
  if (idToken === undefined) return '{}';
  const idTag = idTagFor(idToken);
  const status = idTag === sessionIdTag ? 'Accepted' : authoriseLocally(turn, idTag).status;
  return JSON.stringify({ idTagInfo: { status } });
}

function factsOf(connector: number, transactionId: number | null, idTag: string): TransactionFacts {
  return { transactionId, connector, idTag, seqNo: 0, offline: false, remoteStartId: null };
}

function in16(called: Called, { action, payload }: OcppCall, event: CalledEvent): Called {
  return { ...called, action, payload, raw: JSON.stringify(payload), event };
}

/** An event whose answer nobody waits for. */
function passOn(
  turn: Turn,
  { action, raw }: Called,
  { session, contentKey }: CalledEvent,
  row: Pick<QueueRow, 'kind' | 'connector' | 'transactionId' | 'in16'>,
): void {
  const n = enqueue(turn, { lane: 'history', action, raw, version: '2.0.1', session, ...row });
  putContent(turn, contentKey, { n, session, answer: '{}', at: turn.at });
}

/** 1.6 needs more messages for it than 2.0.1. */
function onlyFor16(
  turn: Turn,
  { action, payload }: OcppCall,
  about: Pick<QueueRow, 'session' | 'connector' | 'transactionId'>,
): void {
  enqueue(turn, {
    lane: 'history',
    action,
    raw: JSON.stringify(payload),
    only: '1.6',
    kind: 'meter',
    ...about,
  });
}
