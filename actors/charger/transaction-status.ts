import { parsePayload } from '../../machines/shared/ocpp16.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { chargerVersionOf } from '../link/wording.ts';
import type { QueueRow } from '../tells.ts';
import { modeOfTurn } from './books.ts';
import type { Called } from './called.ts';
import { transactionByText } from './command-words.ts';
import { answerBackend, chargerOf } from './outbound.ts';
import { pendingOf } from './pending-events.ts';

/** Rows looked through; beyond them a backlog counts as holding something of every transaction. */
const SCAN_ROWS = 4_000;

/**
 * GetTransactionStatus.req: what of a transaction waits here for the CPMS only the queue here can say, and what the
 * charger itself still holds only the charger. False: the charger is to be asked, and its answer completed by
 * {@link withQueue}.
 */
export function answerTransactionStatus(turn: Turn, called: Called): boolean {
  const { transactionId } = called.payload as { transactionId?: string };
  const known = transactionId === undefined ? null : transactionNamed(turn, transactionId);
  if (known === undefined) return false;
  const messagesInQueue = isQueued(turn, known?.session ?? null);
  const canBeAsked = modeOfTurn(turn) === 'online' && chargerVersionOf(turn, chargerOf(turn)) === '2.0.1';
  if (!messagesInQueue && canBeAsked) return false;
  const answer = known ? { ongoingIndicator: known.isOngoing, messagesInQueue } : { messagesInQueue };
  answerBackend(turn, called, { raw: JSON.stringify(answer), version: '2.0.1' });
  return true;
}

/** A transaction, or a plug that no card was shown for yet. */
function transactionNamed(turn: Turn, id: string): { session: string; isOngoing: boolean } | undefined {
  const transaction = transactionByText(turn, id);
  if (transaction) return { session: transaction.session, isOngoing: transaction.state === 'open' };
  const pending = pendingOf(turn, id);
  return pending && { session: pending.session, isOngoing: true };
}

/** The charger has sent what it had, and that may be here by now. */
export function withQueue(turn: Turn, raw: string): string {
  const answer = parsePayload(raw);
  if (answer?.messagesInQueue !== false || !isQueued(turn, null)) return raw;
  return JSON.stringify({ ...answer, messagesInQueue: true });
}

/** Waiting for its turn, or set aside until its CPMS can take it. Null: of any transaction. */
function isQueued(turn: Turn, session: string | null): boolean {
  return [`north/${chargerOf(turn)}`, `parked/${chargerOf(turn)}`].some((table) => {
    const rows = turn.rows<Json>(table, { limit: SCAN_ROWS });
    if (rows.length === SCAN_ROWS) return true;
    return rows.some(({ value }) => {
      const row = value as unknown as QueueRow;
      return row.session !== null && (session === null || row.session === session);
    });
  });
}
