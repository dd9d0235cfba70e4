import type { TransactionFacts } from '../../machines/shared/mapping/mapping.ts';
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

/** Session that a charger of 2.0.1 knows under this id. */
export function sessionOfEvent(turn: Turn, eventId: string): string | null {
  return turn.row<string>(`transactionIds/${chargerOf(turn)}`, eventIdKey(eventId)) ?? null;
}

export function putEventId(turn: Turn, eventId: string, session: string): void {
  turn.putRow(`transactionIds/${chargerOf(turn)}`, eventIdKey(eventId), session);
}

/** Apart from the numbers of 1.6, which a text may look like. */
export function eventIdKey(eventId: string): string {
  return `201:${eventId}`;
}

/** Open transaction that the CPMS knows under this id. */
export function openByCpmsId(turn: Turn, cpmsTransactionId: number): TransactionRow | undefined {
  return openSessions(turn)
    .map(({ session }) => transactionOf(turn, session))
    .find((row) => row?.cpmsTransactionId === cpmsTransactionId);
}

/** How a charger of 2.0.1 calls the transaction that a command of 1.6 is about; nothing for one of 1.6. */
export function factsForCharger(row: TransactionRow): { transaction?: TransactionFacts } {
  const { eventId, connector, idTag } = row;
  if (eventId === undefined) return {};
  return {
    transaction: { transactionId: eventId, connector, idTag, seqNo: 0, offline: false, remoteStartId: null },
  };
}
