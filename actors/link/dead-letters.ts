import type { Reason } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { type DeadRow, type QueueRow, queueKey, type TransactionRow } from '../tells.ts';
import type { LinkQueue } from './queue.ts';

export function transactionOf(turn: Turn, charger: string, row: QueueRow): TransactionRow | undefined {
  if (row.session === null) return undefined;
  return turn.row(`transactions/${charger}`, row.session) as TransactionRow | undefined;
}

function putTransaction(turn: Turn, charger: string, row: TransactionRow): void {
  turn.putRow(`transactions/${charger}`, row.session, { ...row });
}

/** The CPMS named its id for a start: messages behind it in the queue may leave in this very turn. */
export function rememberCpmsId(turn: Turn, charger: string, row: QueueRow, cpmsTransactionId: number): void {
  const transaction = transactionOf(turn, charger, row);
  if (transaction && transaction.cpmsTransactionId !== cpmsTransactionId) {
    putTransaction(turn, charger, { ...transaction, cpmsTransactionId });
  }
}

/**
 * Takes a message out of the queue for good: kept, listed, re-sendable. A dead Start takes all later messages of
 * its session along, in their order, as the CPMS could not place them.
 */
export function deadLetter(
  turn: Turn,
  charger: string,
  queue: LinkQueue,
  row: QueueRow,
  error: string,
  reason: Reason,
): void {
  const followers =
    row.kind === 'start'
      ? queue.all().filter((other) => other.n > row.n && other.session === row.session)
      : [];
  const transaction = transactionOf(turn, charger, row);
  if (row.kind === 'start' && transaction) putTransaction(turn, charger, { ...transaction, startDead: true });
  for (const dying of [row, ...followers]) {
    queue.remove(dying.n);
    const text = dying === row ? error : `its StartTransaction ${row.n} was not accepted: ${error}`;
    const dead: DeadRow = { ...dying, error: text, diedAt: turn.at };
    turn.putRow(`dead/${charger}`, queueKey(dying.n), { ...dead });
    turn.tell(`charger/${charger}`, 'charger.delivered', {
      n: dying.n,
      outcome: 'deadLettered',
      error: text,
    });
  }
  turn.journal({
    type: 'link.deadLettered',
    data: { n: row.n, action: row.action, error, followers: followers.map(({ n }) => n) },
    reason,
    charger,
    ...(row.session === null ? {} : { session: row.session }),
  });
}

/** Puts a dead letter, with a start all of its session, back into its old place. False: there is no such dead letter. */
export function resend(turn: Turn, charger: string, queue: LinkQueue, n: number): boolean {
  const row = turn.row(`dead/${charger}`, queueKey(n)) as DeadRow | undefined;
  if (!row) return false;
  const revived = row.kind === 'start' ? [row, ...deadFollowers(turn, charger, row)] : [row];
  for (const { error: _error, diedAt: _diedAt, ...queued } of revived) {
    turn.removeRow(`dead/${charger}`, queueKey(queued.n));
    queue.put({ ...queued, attempts: 0, notBefore: 0 });
  }
  const transaction = transactionOf(turn, charger, row);
  if (row.kind === 'start' && transaction)
    putTransaction(turn, charger, { ...transaction, startDead: false });
  turn.journal({
    type: 'link.resent',
    data: { n: revived.map((each) => each.n) },
    reason: { code: 'link.resendAsked' },
    charger,
  });
  return true;
}

function deadFollowers(turn: Turn, charger: string, start: DeadRow): DeadRow[] {
  return turn
    .rows(`dead/${charger}`, { from: queueKey(start.n + 1) })
    .map(({ value }) => value as unknown as DeadRow)
    .filter(({ session }) => session !== null && session === start.session);
}
