import type { ChargingState } from '../../machines/shared/mapping/mapping.ts';
import { statusTo16 } from '../../machines/shared/mapping/up/status.ts';
import type { StatusNotificationReq } from '../../machines/shared/ocpp16.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { booksOf, configOf, modeOfTurn, noteOf, patchNote, step } from './books.ts';
import { type Called, textsOf } from './called.ts';
import { wakeDeferred } from './deferred.ts';
import { tellDemand } from './demand.ts';
import { answerCharger, chargerOf, tell } from './outbound.ts';
import { enqueue, withdraw } from './queue.ts';
import { abort } from './transactions.ts';

/** StatusNotification.req: answered at once; upstream only the newest of each connector is of use. */
export function statusCalled(turn: Turn, called: Called): void {
  const isIn201 = called.version === '2.0.1';
  const report = isIn201 ? reportFrom201(turn, called) : (called.payload as unknown as StatusNotificationReq);
  const { connectorId: connector, status } = report;
  const isNew = booksOf(turn).connectors[connector] === undefined;
  const { statusN: olderN, statusIn16N = null } = noteOf(turn, connector);
  withdraw(turn, olderN);
  withdraw(turn, statusIn16N);
  const statusN = enqueue(turn, {
    lane: 'status',
    ...textsOf(called),
    ...(isIn201 ? { in16: { action: called.action, raw: JSON.stringify(report) } } : {}),
    kind: 'status',
    connector,
    session: null,
    transactionId: null,
  });
  answerCharger(turn, called, { raw: '{}' });
  const seen = { statusN, statusIn16N: null, statusOutlived: false };
  const chargingState = isIn201 && status === 'Available' ? { chargingState: null } : {};
  // Connector 0 is the charger as a whole: it has no actor and no demand of its own.
  if (!patchNote(turn, connector, { status, ...seen, ...chargingState }) || connector < 1) return;
  if (isNew) introduce(turn, connector);
  tellReport(turn, report);
  if (modeOfTurn(turn) === 'resync') step(turn, { type: 'status.reported', at: turn.at, connector });
  else if (modeOfTurn(turn) === 'online') abortUnconfirmed(turn, connector);
  wakeDeferred(turn);
}

/** 2.0.1 says no more than that a connector is occupied; what the car does there is in its transaction. */
function reportFrom201(turn: Turn, { payload }: Called): StatusNotificationReq {
  const { evseId, connectorStatus, timestamp } = payload as unknown as StatusNotification201;
  const { chargingState = null } = noteOf(turn, evseId);
  const errorCode = connectorStatus === 'Faulted' ? 'OtherError' : 'NoError';
  return { connectorId: evseId, errorCode, status: statusTo16(connectorStatus, chargingState), timestamp };
}

interface StatusNotification201 {
  timestamp: string;
  connectorStatus: string;
  evseId: number;
}

/** A TransactionEvent told what the car does: to 1.6 that is a new status. */
export function chargingStateTold(
  turn: Turn,
  connector: number,
  chargingState: ChargingState | undefined,
  timestamp: string,
): void {
  const note = noteOf(turn, connector);
  if (chargingState === undefined || chargingState === (note.chargingState ?? null)) return;
  // What ends where no car is any more leaves nothing behind.
  if (chargingState === 'Idle' && note.status !== null && !OCCUPIED.has(note.status)) return;
  const status = statusTo16('Occupied', chargingState);
  if (!patchNote(turn, connector, { chargingState }) || status === note.status) return;
  // Unavailable, Reserved or Faulted stand until the charger says otherwise.
  if (note.status !== null && KEPT_STATUSES.has(note.status)) return;
  withdraw(turn, note.statusIn16N ?? null);
  const report: StatusNotificationReq = { connectorId: connector, errorCode: 'NoError', status, timestamp };
  const statusIn16N = enqueue(turn, {
    lane: 'status',
    action: 'StatusNotification',
    raw: JSON.stringify(report),
    only: '1.6',
    kind: 'status',
    connector,
    session: null,
    transactionId: null,
  });
  patchNote(turn, connector, { status, statusIn16N, statusOutlived: false });
  tellReport(turn, report);
  wakeDeferred(turn);
}

const OCCUPIED: ReadonlySet<string> = new Set([
  'Preparing',
  'Charging',
  'SuspendedEV',
  'SuspendedEVSE',
  'Finishing',
]);
const KEPT_STATUSES: ReadonlySet<string> = new Set(['Unavailable', 'Faulted']);

function tellReport(
  turn: Turn,
  { connectorId: connector, status, errorCode, info }: StatusNotificationReq,
): void {
  const report = { status, errorCode, info: info ?? '', at: turn.at };
  tell(turn, connectorAddress(turn, connector), 'connector.statusReported', report, { connector });
  tellDemand(turn, connector);
}

/**
 * A Start whose answer found no socket, and a connector that is free again: the charger forgot the transaction.
 * (A charger that remembers it repeats its Start, and is confirmed by that.)
 */
export function abortUnconfirmed(turn: Turn, connector: number): void {
  const { session, status } = noteOf(turn, connector);
  if (session === null || status !== 'Available') return;
  if (booksOf(turn).unconfirmed.includes(session)) abort(turn, session, 'unconfirmed');
}

/** A connector that the site file did not promise. */
function introduce(turn: Turn, connector: number): void {
  const { graceMs } = configOf(turn);
  const charger = chargerOf(turn);
  tell(turn, connectorAddress(turn, connector), 'connector.configured', { charger, connector, graceMs });
  tell(turn, connectorAddress(turn, connector), 'connector.linkChanged', { mode: modeOfTurn(turn) });
}

function connectorAddress(turn: Turn, connector: number) {
  return addressOf('connector', chargerOf(turn), connector);
}
