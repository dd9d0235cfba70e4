import type { IdToken } from '../../machines/shared/mapping/id-token.ts';
import { idTagFor } from '../../machines/shared/mapping/up/id-tag.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { cpmsVersionOf } from '../link/wording.ts';
import type { QueueRow } from '../tells.ts';
import { authoriseLocally } from './authorise.ts';
import { answerWaiting, awaitWord } from './awaiting.ts';
import { isBackendOnline } from './books.ts';
import type { Called, CalledEvent } from './called.ts';
import { contentOf, putContent } from './content.ts';
import { type Asker, answerCharger, chargerOf } from './outbound.ts';
import { enqueue, type Outgoing } from './queue.ts';
import { transactionOf } from './transaction-rows.ts';
import { type AwaitedWord, putWord } from './words.ts';

/**
 * Answers to the events of a transaction that are neither its start nor its stop. A CPMS of 2.0.1 may say something
 * in them (costs, a verdict on a second card), so its answer is waited for while it is there; one of 1.6 cannot.
 */

export function isEventAwaited(turn: Turn): boolean {
  return isBackendOnline(turn) && cpmsVersionOf(turn, chargerOf(turn)) === '2.0.1';
}

/** Queues an event as it came, and answers it. */
export function passOn(
  turn: Turn,
  called: Called,
  { session, contentKey }: CalledEvent,
  row: Pick<QueueRow, 'kind' | 'connector' | 'transactionId' | 'in16'>,
  idToken?: IdToken,
): void {
  const { action, raw } = called;
  const idTag = idToken === undefined ? null : idTagFor(idToken);
  const outgoing: Outgoing = { lane: 'history', action, raw, version: '2.0.1', session, ...row };
  queueEvent(turn, called, outgoing, { kind: 'event', session, contentKey, idTag });
}

export function queueEvent(
  turn: Turn,
  called: Called,
  outgoing: Outgoing,
  word: AwaitedWord & { contentKey: string },
): void {
  const { session, contentKey, idTag } = word;
  const isAwaited = isEventAwaited(turn);
  const n = enqueue(turn, isAwaited ? { ...outgoing, isAwaited } : outgoing);
  if (isAwaited) {
    putWord(turn, n, word);
    putContent(turn, contentKey, { n, session, answer: null, at: turn.at });
    awaitWord(turn, called, n);
  } else {
    const answer = localAnswer(turn, session, idTag);
    putContent(turn, contentKey, { n, session, answer, at: turn.at });
    answerCharger(turn, called, { raw: answer });
  }
}

/** The card of the session itself may always end it; another one is judged here. In 1.6, as all answers of our own. */
function localAnswer(turn: Turn, session: string | null, idTag: string | null): string {
  if (idTag === null) return '{}';
  const own = session === null ? undefined : transactionOf(turn, session)?.idTag;
  const status = idTag === own ? 'Accepted' : authoriseLocally(turn, idTag).status;
  return JSON.stringify({ idTagInfo: { status } });
}

/** Answers an event without the CPMS. */
export function decideEvent(
  turn: Turn,
  n: number,
  { session, contentKey, idTag }: Pick<AwaitedWord, 'session' | 'contentKey' | 'idTag'>,
  asker: Asker | null,
): void {
  const answer = localAnswer(turn, session, idTag);
  if (contentKey !== null) putContent(turn, contentKey, { n, session, answer, at: turn.at });
  if (asker) answerCharger(turn, asker, { raw: answer });
}

/** The event is a dead letter. */
export function eventUndelivered(turn: Turn, n: number, word: AwaitedWord): void {
  const { contentKey } = word;
  if (contentKey === null || contentOf(turn, contentKey)?.answer !== null) return;
  decideEvent(turn, n, word, null);
  answerWaiting(turn, n, { raw: contentOf(turn, contentKey)?.answer ?? '{}' });
}
