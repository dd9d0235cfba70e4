import type { Turn } from '../../runtime/host/actor-kind.ts';
import { booksOf, patchBooks } from './books.ts';
import type { Called } from './called.ts';
import { putContent } from './content.ts';
import { answerCharger } from './outbound.ts';
import { bury } from './queue.ts';

/** Beyond this many, messages with such ids are only in the journal. */
export const FOREIGN_KEPT_MAX = 1_000;

/** Ids that chargers make up when they got none: no CPMS could place them, and some act on them wrongly. */
export function isForeignId(transactionId: unknown): boolean {
  return transactionId === -1 || transactionId === null;
}

/** Answers a message of a transaction that has no id, and keeps it as a dead letter: it must not leave. */
export function buryForeign(
  turn: Turn,
  called: Called,
  kind: 'stop' | 'meter',
  connector: number | null,
  contentKey: string,
): void {
  const { action, raw } = called;
  const { foreignKept } = booksOf(turn);
  const kept = foreignKept < FOREIGN_KEPT_MAX;
  let n = 0;
  if (kept) {
    const outgoing = {
      action,
      raw,
      kind,
      connector,
      lane: 'history',
      session: null,
      transactionId: null,
    } as const;
    n = bury(turn, outgoing, 'foreign transaction id');
    patchBooks(turn, { foreignKept: foreignKept + 1 });
  }
  putContent(turn, contentKey, { n, session: null, answer: '{}', at: turn.at });
  turn.journal({
    type: 'message.deadLettered',
    ...(connector === null ? {} : { connector }),
    reason: { code: 'transaction.foreignId', params: { action, kept } },
    data: kept ? { n } : { raw },
  });
  answerCharger(turn, called, { raw: '{}' });
}
