import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { AuthCacheRow, ContentRow, TransactionRow } from '../tells.ts';
import { forgetEvents } from './event-state.ts';
import { chargerOf } from './outbound.ts';
import { eventIdKey } from './transaction-rows.ts';

/** Delivered transactions stay known, and re-sendable, for this long. */
export const KEEP_MS = 90 * 24 * 3_600_000;

/** Content rows begin with their time, so the oldest are found at once; more than a session writes on average. */
const CONTENT_ROWS = 300;
/** Transactions and cards have random keys: a few at a random place each time keep the old ones few. */
const SAMPLED_ROWS = 20;

/** Forgets what is old enough, a bounded number of rows per turn. Called when a transaction begins or ends. */
export function prune(turn: Turn): void {
  const before = turn.at - KEEP_MS;
  const charger = chargerOf(turn);
  for (const { key, value } of turn.rows<Json>('content', { limit: CONTENT_ROWS })) {
    if ((value as unknown as ContentRow).at < before) turn.removeRow('content', key);
  }
  const from = turn.newUuid();
  const transactions = `transactions/${charger}`;
  for (const { key, value } of turn.rows<Json>(transactions, { from, limit: SAMPLED_ROWS })) {
    const row = value as unknown as TransactionRow;
    if (row.startedAt >= before || row.state === 'open' || row.state === 'stopped') continue;
    turn.removeRow(transactions, key);
    forgetId(turn, `transactionIds/${charger}`, row);
    if (row.eventId !== undefined) forgetEvents(turn, row.eventId);
    if (turn.row(`seqNos/${charger}`, key) !== undefined) turn.removeRow(`seqNos/${charger}`, key);
  }
  for (const { key, value } of turn.rows<Json>('authCache', { from, limit: SAMPLED_ROWS })) {
    if ((value as unknown as AuthCacheRow).seenAt < before) turn.removeRow('authCache', key);
  }
}

function forgetId(turn: Turn, table: string, { transactionId, eventId, session }: TransactionRow): void {
  const keys = [String(transactionId), ...(eventId === undefined ? [] : [eventIdKey(eventId)])];
  for (const key of keys) if (turn.row(table, key) === session) turn.removeRow(table, key);
}
