import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { Tells, TransactionRow } from '../tells.ts';
import { noteConfirmed, noteOf, patchNote } from './books.ts';
import { wakeDeferred } from './deferred.ts';
import { tellDemand } from './demand.ts';
import { chargerOf, tell } from './outbound.ts';
import { renewCaps } from './profiles.ts';
import { putTransaction, transactionOf } from './transaction-rows.ts';

/** The charger is told this id now: from here on it is the id of that session on this charger. */
export function giveTransactionId(turn: Turn, transaction: TransactionRow): void {
  const { connector, session, transactionId } = transaction;
  putTransaction(turn, transaction);
  turn.putRow(`transactionIds/${chargerOf(turn)}`, String(transactionId), session);
  if (noteOf(turn, connector).session !== session) return;
  patchNote(turn, connector, { transactionId });
  tellDemand(turn, connector);
  renewCaps(turn);
}

/** A transaction begins on a connector; one that never got its Stop ends there. */
export function occupy(turn: Turn, connector: number, session: string): void {
  const older = noteOf(turn, connector).session;
  if (older !== null) abort(turn, older, 'superseded');
  const fresh = {
    session,
    transactionId: null,
    energyWh: null,
    currentMilliamps: null,
    isBounded: false,
  };
  if (!patchNote(turn, connector, fresh)) return;
  tell(turn, addressOf('connector', chargerOf(turn), connector), 'connector.sessionChanged', { session });
  tellDemand(turn, connector);
}

/** The connector has no transaction any more, if it was this one. */
export function vacate(turn: Turn, { connector, session }: TransactionRow): void {
  noteConfirmed(turn, session);
  if (noteOf(turn, connector).session !== session) return;
  patchNote(turn, connector, { session: null, transactionId: null, statusOutlived: true });
  const to = addressOf('connector', chargerOf(turn), connector);
  tell(turn, to, 'connector.sessionChanged', { session: null });
  tellDemand(turn, connector);
  renewCaps(turn);
}

/**
 * Ends a session that nobody will stop. Nothing of it is made up for the CPMS; should the charger still bring its
 * Stop, that is delivered like any other.
 */
export function abort(turn: Turn, session: string, why: 'unconfirmed' | 'superseded'): void {
  const transaction = transactionOf(turn, session);
  if (transaction?.state !== 'open') return;
  putTransaction(turn, { ...transaction, state: 'aborted' });
  vacate(turn, transaction);
  const { connector } = transaction;
  tell(turn, addressOf('session', session), 'session.aborted', { reason: why }, { session });
  turn.journal({
    type: 'transaction.aborted',
    session,
    connector,
    reason: { code: `transaction.${why}` },
    data: { synthetic: true, transactionId: transaction.transactionId, startN: transaction.startN },
  });
  wakeDeferred(turn);
}

/** `charger.sessionEnded`: the session said its last word; from here on its rows may grow old and go. */
export function sessionEnded(turn: Turn): void {
  const { session, outcome } = turn.envelope.data as unknown as Tells['charger.sessionEnded'];
  const transaction = transactionOf(turn, session);
  if (!transaction) return;
  vacate(turn, transaction);
  const state = outcome.startsWith('aborted') ? 'aborted' : 'settled';
  putTransaction(turn, { ...transaction, state });
}
