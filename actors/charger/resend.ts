import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { queueKey, type Tells, type TransactionRow } from '../tells.ts';
import { chargerOf } from './outbound.ts';
import { enqueue } from './queue.ts';
import { putTransaction, transactionOf } from './transaction-rows.ts';

/**
 * `charger.resendSession`: puts messages of a transaction that is over behind everything accepted so far. The new
 * answer to its start names its id for all behind it, so the old one is forgotten with the start.
 */
export function resendSession(turn: Turn): void {
  const command = turn.envelope.data as unknown as Tells['charger.resendSession'];
  const { id, session, reason, messages } = command;
  const transaction = transactionOf(turn, session);
  const refusal = refusalOf(turn, transaction, command);
  if (!transaction || refusal) {
    turn.journal({ type: 'transaction.notResent', session, reason: { code: `transaction.${refusal}` } });
    return;
  }
  const { connector, transactionId } = transaction;
  const numbers = messages.map(({ kind, action, raw }) =>
    enqueue(turn, {
      lane: 'history',
      action,
      raw,
      kind,
      connector,
      session,
      transactionId: kind === 'start' ? null : transactionId,
    }),
  );
  const [firstN] = numbers as [number, ...number[]];
  const lastN = firstN + numbers.length - 1;
  // Told anew, it is numbered anew.
  if (begins(command) && turn.row(`seqNos/${chargerOf(turn)}`, session) !== undefined)
    turn.removeRow(`seqNos/${chargerOf(turn)}`, session);
  const begun = begins(command) ? { startN: firstN, cpmsTransactionId: null, startDead: false } : {};
  const { toldIn, ...known } = transaction;
  const still = begins(command) || toldIn === undefined ? {} : { toldIn };
  putTransaction(turn, { ...known, ...still, ...begun, resent: { id, to: lastN } });
  turn.journal({
    type: 'transaction.resent',
    session,
    connector,
    reason: { code: 'transaction.resendAsked', params: { reason } },
    data: { firstN, lastN },
  });
}

function begins({ messages }: Tells['charger.resendSession']): boolean {
  return messages[0]?.kind === 'start';
}

function refusalOf(
  turn: Turn,
  transaction: TransactionRow | undefined,
  command: Tells['charger.resendSession'],
): 'notSettled' | 'alreadyQueued' | 'nothingToSend' | undefined {
  if (transaction?.state !== 'settled') return 'notSettled';
  if (command.messages.length === 0) return 'nothingToSend';
  // Two commands at once must not send it twice: the later one is refused with all of its parts.
  if (!begins(command)) return transaction.resent?.id === command.id ? undefined : 'alreadyQueued';
  const from = queueKey(transaction.startN);
  const [queued] = turn.rows<Json>(`north/${chargerOf(turn)}`, { from, limit: 1 });
  return queued && queued.key <= queueKey(transaction.resent?.to ?? transaction.startN)
    ? 'alreadyQueued'
    : undefined;
}
