import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { TransactionRow } from '../tells.ts';
import { openSessions } from './books.ts';
import { chargerOf } from './outbound.ts';

export function transactionOf(turn: Turn, session: string): TransactionRow | undefined {
  return turn.row<Json>(`transactions/${chargerOf(turn)}`, session) as unknown as TransactionRow | undefined;
}

export function putTransaction(turn: Turn, row: TransactionRow): void {
  turn.putRow(`transactions/${chargerOf(turn)}`, row.session, row as unknown as Json);
}

/** Session that the charger knows under this transaction id. */
export function sessionOf(turn: Turn, transactionId: number): string | null {
  return turn.row<string>(`transactionIds/${chargerOf(turn)}`, String(transactionId)) ?? null;
}

/** Open transaction that the CPMS knows under this id. */
export function openByCpmsId(turn: Turn, cpmsTransactionId: number): TransactionRow | undefined {
  return openSessions(turn)
    .map(({ session }) => transactionOf(turn, session))
    .find((row) => row?.cpmsTransactionId === cpmsTransactionId);
}
