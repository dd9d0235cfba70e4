import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { StopTransactionReq } from '../../machines/shared/ocpp16.ts';
import { msFromRfc3339 } from '../../machines/shared/rfc3339.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { answeredUpstream, answerWaiting, awaitWord, repeated } from './awaiting.ts';
import { isBackendOnline } from './books.ts';
import { type Called, textsOf } from './called.ts';
import { contentOf, putContent, stopKey } from './content.ts';
import { wakeDeferred } from './deferred.ts';
import { buryForeign, isForeignId } from './foreign.ts';
import { type Asker, answerCharger, tell } from './outbound.ts';
import { prune } from './prune.ts';
import { enqueue } from './queue.ts';
import type { LocalCause } from './start.ts';
import { putTransaction, sessionOf, transactionOf } from './transaction-rows.ts';
import { vacate } from './transactions.ts';
import { type AwaitedWord, putWord } from './words.ts';

/** StopTransaction.req: ends the session, and goes upstream behind everything before it. */
export function stopCalled(turn: Turn, called: Called): void {
  const payload = called.payload as unknown as StopTransactionReq;
  const key = called.event?.contentKey ?? stopKey(payload);
  const known = contentOf(turn, key);
  if (known) {
    const decide = (asker: Asker) => decideStop(turn, known.n, known.session, key, asker, 'backendAway');
    repeated(turn, called, known, decide);
    return;
  }
  if (isForeignId(payload.transactionId)) {
    buryForeign(turn, called, 'stop', null, key);
    return;
  }
  prune(turn);
  const transactionId = payload.transactionId as number;
  const session = called.event?.session ?? sessionOf(turn, transactionId);
  const n = enqueue(turn, {
    lane: 'history',
    ...textsOf(called),
    kind: 'stop',
    connector: (session === null ? undefined : transactionOf(turn, session))?.connector ?? null,
    session,
    // A transaction that was never started here passes as it is: only the CPMS can know it.
    transactionId: session === null ? null : transactionId,
  });
  putWord(turn, n, { kind: 'stop', session, contentKey: key, idTag: payload.idTag ?? null });
  putContent(turn, key, { n, session, answer: null, at: turn.at });
  if (session !== null) endTransaction(turn, session, payload);
  if (isBackendOnline(turn)) awaitWord(turn, called, n);
  else decideStop(turn, n, session, key, called, 'backendAway');
}

function endTransaction(turn: Turn, session: string, payload: StopTransactionReq): void {
  const transaction = transactionOf(turn, session);
  if (!transaction) return;
  const { meterStop: meterStopWh, reason = 'Local' } = payload;
  const at = msFromRfc3339(payload.timestamp) ?? turn.at;
  if (transaction.state !== 'open') {
    turn.journal({
      type: 'transaction.stoppedLate',
      session,
      reason: { code: 'transaction.notOpen', params: { state: transaction.state } },
    });
    putTransaction(turn, { ...transaction, stoppedAt: at, meterStopWh, endedAt: turn.at });
    return;
  }
  putTransaction(turn, { ...transaction, state: 'stopped', stoppedAt: at, meterStopWh, endedAt: turn.at });
  tell(turn, addressOf('session', session), 'session.stopped', { at, meterStopWh, reason }, { session });
  vacate(turn, transaction);
}

/** Answers a Stop without the CPMS: a charger only needs to know that it was taken. */
export function decideStop(
  turn: Turn,
  n: number,
  session: string | null,
  contentKey: string,
  asker: Asker | null,
  cause: LocalCause,
): void {
  putContent(turn, contentKey, { n, session, answer: '{}', at: turn.at });
  turn.journal({
    type: 'stop.answeredLocally',
    ...(session === null ? {} : { session }),
    reason: { code: `stop.${cause}`, params: { n } },
  });
  if (asker) answerCharger(turn, asker, { raw: '{}' });
  wakeDeferred(turn);
}

/** The CPMS answered the Stop. */
export function stopAnswered(
  turn: Turn,
  n: number,
  word: AwaitedWord,
  answer: { raw: string; version?: OcppVersion },
): void {
  const { session } = word;
  answeredUpstream(turn, n, word, answer);
  wakeDeferred(turn);
  if (isTold(turn, session))
    tell(turn, addressOf('session', session), 'session.stopAnswered', {}, { session });
}

/** The Stop is a dead letter. */
export function stopUndelivered(
  turn: Turn,
  n: number,
  { session, contentKey }: AwaitedWord,
  error: string,
): void {
  if (contentKey !== null && contentOf(turn, contentKey)?.answer === null) {
    decideStop(turn, n, session, contentKey, null, 'deadLettered');
    answerWaiting(turn, n, { raw: '{}' });
  }
  if (!isTold(turn, session)) return;
  tell(turn, addressOf('session', session), 'session.deliveryFailed', { what: 'stop', error }, { session });
}

/** A session that was given up, or is settled, is not there to be told. */
function isTold(turn: Turn, session: string | null): session is string {
  return session !== null && transactionOf(turn, session)?.state === 'stopped';
}
