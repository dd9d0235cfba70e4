import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { QueueRow } from '../tells.ts';
import type { Called } from './called.ts';
import { transactionByText } from './command-words.ts';
import { answerBackend, chargerOf } from './outbound.ts';

/** Rows looked through; beyond them a backlog counts as holding something of every transaction. */
const SCAN_ROWS = 4_000;

/**
 * GetTransactionStatus.req: whether messages are still to come is for the queue here to say, as all of them go
 * through it. False: a transaction that is not known here, which only the charger can know.
 */
export function answerTransactionStatus(turn: Turn, called: Called): boolean {
  const { transactionId } = called.payload as { transactionId?: string };
  const transaction = transactionId === undefined ? null : transactionByText(turn, transactionId);
  if (transaction === undefined) return false;
  const messagesInQueue = isQueued(turn, transaction?.session ?? null);
  const answer = transaction
    ? { ongoingIndicator: transaction.state === 'open', messagesInQueue }
    : { messagesInQueue };
  answerBackend(turn, called, { raw: JSON.stringify(answer), version: '2.0.1' });
  return true;
}

/** Null: of any transaction. */
function isQueued(turn: Turn, session: string | null): boolean {
  const rows = turn.rows<Json>(`north/${chargerOf(turn)}`, { limit: SCAN_ROWS });
  if (rows.length === SCAN_ROWS) return true;
  return rows.some(({ value }) => {
    const row = value as unknown as QueueRow;
    return row.session !== null && (session === null || row.session === session);
  });
}
