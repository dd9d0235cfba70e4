import { FIRST_VERSION, type OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Reason } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { isForeignId } from '../charger/foreign.ts';
import { type DeadRow, type QueueRow, queueKey, type TransactionRow } from '../tells.ts';
import { parkedRow, takeWaiting, tryAgain } from './parking.ts';
import type { LinkQueue } from './queue.ts';

export function transactionOf(turn: Turn, charger: string, row: QueueRow): TransactionRow | undefined {
  if (row.session === null) return undefined;
  return turn.row(`transactions/${charger}`, row.session) as TransactionRow | undefined;
}

function putTransaction(turn: Turn, charger: string, row: TransactionRow): void {
  turn.putRow(`transactions/${charger}`, row.session, { ...row });
}

/** The CPMS named its id for a start: messages behind it in the queue may leave in this very turn. */
export function rememberCpmsId(
  turn: Turn,
  charger: string,
  row: QueueRow,
  cpmsTransactionId: number,
  version: OcppVersion,
): void {
  const known = transactionOf(turn, charger, row);
  if (!known) return;
  const { toldIn = FIRST_VERSION, ...transaction } = known;
  if (known.cpmsTransactionId === cpmsTransactionId && toldIn === version) return;
  const told = version === FIRST_VERSION ? {} : { toldIn: version };
  putTransaction(turn, charger, { ...transaction, ...told, cpmsTransactionId });
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
  const followers = queue.followersOf(row);
  if (row.kind === 'start') {
    followers.unshift(...takeWaiting(turn, charger, row.n));
    const transaction = transactionOf(turn, charger, row);
    if (transaction) putTransaction(turn, charger, { ...transaction, startDead: true });
  }
  for (const { trial: _trial, ...dying } of [row, ...followers]) {
    queue.remove(dying.n);
    const text = dying.n === row.n ? error : `its StartTransaction ${row.n} was not accepted: ${error}`;
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

/**
 * Puts a dead letter or a parked message back into its old place. One that belongs to a dead or parked start comes
 * back with that start, and a start with all of its transaction. False: nothing of that number is kept.
 */
export function resend(turn: Turn, charger: string, queue: LinkQueue, n: number, why: string): boolean {
  const revived = reviveParked(turn, charger, queue, n) ?? reviveDead(turn, charger, queue, n);
  if (!revived) return false;
  turn.journal({
    type: 'link.resent',
    data: { n: revived },
    reason: { code: 'link.resendAsked', params: { reason: why } },
    charger,
  });
  return true;
}

function reviveParked(turn: Turn, charger: string, queue: LinkQueue, n: number): number[] | undefined {
  const asked = parkedRow(turn, charger, n);
  // What waits for a start that is on trial already comes back with it, by itself.
  const row = asked && (asked.behind === null ? asked : parkedRow(turn, charger, asked.behind));
  if (!row) return asked ? [] : undefined;
  tryAgain(turn, charger, queue, row);
  return [row.n];
}

function reviveDead(turn: Turn, charger: string, queue: LinkQueue, n: number): number[] | undefined {
  const asked = deadRow(turn, charger, n);
  if (!asked || mustNeverLeave(asked)) return undefined;
  const transaction = transactionOf(turn, charger, asked);
  const row = (transaction?.startDead && deadRow(turn, charger, transaction.startN)) || asked;
  const revived = row.kind === 'start' ? [row, ...deadFollowers(turn, charger, row)] : [row];
  for (const { error: _error, diedAt: _diedAt, ...queued } of revived) {
    turn.removeRow(`dead/${charger}`, queueKey(queued.n));
    queue.put({ ...queued, attempts: 0, notBefore: 0 });
  }
  if (row.kind === 'start' && transaction)
    putTransaction(turn, charger, { ...transaction, startDead: false });
  return revived.map((each) => each.n);
}

/** Messages with an id that a charger made up are kept for people to read: no CPMS could place them. */
export function mustNeverLeave({ kind, raw }: QueueRow): boolean {
  if (kind !== 'stop' && kind !== 'meter') return false;
  return isForeignId((JSON.parse(raw) as { transactionId?: unknown }).transactionId);
}

function deadRow(turn: Turn, charger: string, n: number): DeadRow | undefined {
  return turn.row(`dead/${charger}`, queueKey(n)) as DeadRow | undefined;
}

function deadFollowers(turn: Turn, charger: string, start: DeadRow): DeadRow[] {
  return turn
    .rows(`dead/${charger}`, { from: queueKey(start.n + 1) })
    .map(({ value }) => value as unknown as DeadRow)
    .filter(({ session }) => session !== null && session === start.session);
}
