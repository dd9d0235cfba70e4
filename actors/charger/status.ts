import type { StatusNotificationReq } from '../../machines/shared/ocpp16.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { booksOf, configOf, modeOfTurn, noteOf, patchNote, step } from './books.ts';
import type { Called } from './called.ts';
import { wakeDeferred } from './deferred.ts';
import { tellDemand } from './demand.ts';
import { answerCharger, chargerOf, tell } from './outbound.ts';
import { enqueue, withdraw } from './queue.ts';
import { abort } from './transactions.ts';

/** StatusNotification.req: answered at once; upstream only the newest of each connector is of use. */
export function statusCalled(turn: Turn, called: Called): void {
  const {
    connectorId: connector,
    status,
    errorCode,
    info,
  } = called.payload as unknown as StatusNotificationReq;
  const { action, raw } = called;
  const isNew = booksOf(turn).connectors[connector] === undefined;
  withdraw(turn, noteOf(turn, connector).statusN);
  const statusN = enqueue(turn, {
    lane: 'status',
    action,
    raw,
    kind: 'status',
    connector,
    session: null,
    transactionId: null,
  });
  answerCharger(turn, called, { raw: '{}' });
  // Connector 0 is the charger as a whole: it has no actor and no demand of its own.
  if (!patchNote(turn, connector, { status, statusN, statusOutlived: false }) || connector < 1) return;
  if (isNew) introduce(turn, connector);
  const report = { status, errorCode, info: info ?? '', at: turn.at };
  tell(turn, connectorAddress(turn, connector), 'connector.statusReported', report, { connector });
  tellDemand(turn, connector);
  if (modeOfTurn(turn) === 'resync') step(turn, { type: 'status.reported', at: turn.at, connector });
  else if (modeOfTurn(turn) === 'online') abortUnconfirmed(turn, connector);
  wakeDeferred(turn);
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
