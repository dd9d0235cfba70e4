import { addressOf } from '../../runtime/address.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { type InFlightRow, type QueueRow, queueKey } from '../tells.ts';
import { booksOf, isBackendOnline, patchBooks, takeN } from './books.ts';
import { chargerOf, tell } from './outbound.ts';

/** What the sender of a message decides about its row; number, ids and times are given here. */
export type Outgoing = Pick<
  QueueRow,
  | 'lane'
  | 'action'
  | 'raw'
  | 'version'
  | 'in16'
  | 'only'
  | 'kind'
  | 'connector'
  | 'session'
  | 'transactionId'
  | 'isAwaited'
>;

/** From this backlog on unsigned samples are thinned; it is looked at once per {@link BACKLOG_CHECK} messages. */
export const BACKLOG_MAX = 20_000;
const BACKLOG_CHECK = 64;

/** Puts a message behind all accepted before it, and wakes the link where it may be idle. */
export function enqueue(turn: Turn, outgoing: Outgoing): number {
  const n = takeN(turn);
  turn.putRow(northTable(turn), queueKey(n), rowOf(turn, n, outgoing) as unknown as Json);
  if (n % BACKLOG_CHECK === 0) watchBacklog(turn, n);
  if (linkMayBeIdle(turn)) wakeLink(turn, n);
  return n;
}

/** The link comes for what is queued by itself while it drains, and when its socket opens. */
function linkMayBeIdle(turn: Turn): boolean {
  if (!isBackendOnline(turn)) return false;
  const sent = turn.row<InFlightRow & Json>(`inFlight/${chargerOf(turn)}`, 'call');
  return sent?.n == null || turn.row(northTable(turn), queueKey(sent.n)) === undefined;
}

function wakeLink(turn: Turn, n: number): void {
  const link = addressOf('link', chargerOf(turn));
  tell(turn, link, 'link.queueAppended', { n }, { delivery: 'latest', key: 'queue' });
}

/** The link has just found the queue empty: what was accepted meanwhile must not wait for the next message. */
export function wakeLinkForRest(turn: Turn): void {
  const [oldest] = turn.rows<Json>(northTable(turn), { limit: 1 });
  if (oldest) wakeLink(turn, Number(oldest.key));
}

/** Keeps a message that must never leave as a dead letter of its own number. */
export function bury(turn: Turn, outgoing: Outgoing, error: string): number {
  const n = takeN(turn);
  const row = { ...rowOf(turn, n, outgoing), error, diedAt: turn.at };
  turn.putRow(`dead/${chargerOf(turn)}`, queueKey(n), row as unknown as Json);
  return n;
}

/** Takes out an undelivered message that a newer one makes pointless, unless it is under way or in doubt. */
export function withdraw(turn: Turn, n: number | null): void {
  if (n === null) return;
  const sent = turn.row<InFlightRow & Json>(`inFlight/${chargerOf(turn)}`, 'call');
  if (sent?.n !== n && sent?.repeat !== n) turn.removeRow(northTable(turn), queueKey(n));
}

function northTable(turn: Turn): string {
  return `north/${chargerOf(turn)}`;
}

function rowOf(turn: Turn, n: number, outgoing: Outgoing): QueueRow {
  const row = { n, ...outgoing, callId: turn.newUuid(), acceptedAt: turn.at, attempts: 0, notBefore: 0 };
  return outgoing.session === null || isBackendOnline(turn) ? row : { ...row, offline: true };
}

function watchBacklog(turn: Turn, n: number): void {
  const oldest = turn.rows<Json>(northTable(turn), { limit: 1 })[0];
  const backlog = oldest ? n - Number(oldest.key) + 1 : 0;
  const thinning = backlog > BACKLOG_MAX;
  if (thinning === booksOf(turn).thinning) return;
  patchBooks(turn, { thinning });
  turn.journal({
    type: thinning ? 'queue.thinningStarted' : 'queue.thinningEnded',
    reason: { code: 'queue.backlog', params: { backlog, backlogMax: BACKLOG_MAX } },
  });
}
