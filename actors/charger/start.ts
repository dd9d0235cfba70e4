import { maskIdTag } from '../../machines/shared/idtag.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import {
  type IdTagInfo,
  idTagInfoOf,
  parsePayload,
  type StartTransactionReq,
} from '../../machines/shared/ocpp16.ts';
import { rewriteTransactionId } from '../../machines/shared/raw-json.ts';
import { msFromRfc3339 } from '../../machines/shared/rfc3339.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { SessionInput, TransactionRow } from '../tells.ts';
import { authoriseLocally, rememberVerdict, type Verdict } from './authorise.ts';
import { answerWaiting, awaitWord, repeated } from './awaiting.ts';
import { backendModeOf, configOf, isBackendOnline, takeTransactionId } from './books.ts';
import { type Called, textsOf } from './called.ts';
import { contentOf, putContent, startKey } from './content.ts';
import { boundAfterVerdict, capStart } from './exposure.ts';
import { type Asker, answerCharger, chargerOf, tell } from './outbound.ts';
import { prune } from './prune.ts';
import { enqueue } from './queue.ts';
import { adoptRemoteStartProfile, takeRemoteStartId } from './remote-start.ts';
import { putEventId, putTransaction, sessionOf, transactionOf } from './transaction-rows.ts';
import { giveTransactionId, occupy } from './transactions.ts';
import { type AwaitedWord, putWord } from './words.ts';

/** Why local policy answers and not the CPMS. */
export type LocalCause = 'backendAway' | 'overdue' | 'full' | 'deadLettered' | 'unusableAnswer';

/** StartTransaction.req: accepted in any case (the charger has started it), a session from here on. */
export function startCalled(turn: Turn, called: Called): void {
  const payload = called.payload as unknown as StartTransactionReq;
  const key = called.event?.contentKey ?? startKey(payload);
  const known = contentOf(turn, key);
  if (known?.session) {
    const { session } = known;
    const decide = (asker: Asker) => decideStart(turn, session, key, asker, 'backendAway');
    repeated(turn, called, known, decide);
    return;
  }
  prune(turn);
  const transaction = accept(turn, called, payload, key);
  const { session, startN } = transaction;
  const verdict = isBackendOnline(turn) ? null : verdictHere(turn, transaction);
  openSession(turn, transaction, verdict, called.event?.isStartUnread ?? false);
  occupy(turn, transaction.connector, session);
  if (verdict) decideStart(turn, session, key, called, 'backendAway', verdict);
  else awaitWord(turn, called, startN);
}

function accept(turn: Turn, called: Called, payload: StartTransactionReq, key: string): TransactionRow {
  const { connectorId: connector, idTag, meterStart } = payload;
  const { event } = called;
  const session = event?.session ?? turn.newUuid();
  const startN = enqueue(turn, {
    lane: 'history',
    ...textsOf(called),
    kind: 'start',
    connector,
    session,
    transactionId: null,
  });
  putWord(turn, startN, { kind: 'start', session, contentKey: key, idTag });
  putContent(turn, key, { n: startN, session, answer: null, at: turn.at });
  const remoteStartId = takeRemoteStartId(turn, connector, idTag);
  const transaction: TransactionRow = {
    session,
    connector,
    idTag,
    transactionId: takeTransactionId(turn),
    ...(event ? { eventId: event.id } : {}),
    ...(event?.isFree ? { isFree: true } : {}),
    ...(remoteStartId === null ? {} : { remoteStartId }),
    cpmsTransactionId: null,
    startN,
    state: 'open',
    startedAt: msFromRfc3339(payload.timestamp) ?? turn.at,
    meterStartWh: meterStart,
    stoppedAt: null,
    meterStopWh: null,
    startDead: false,
    acceptedAt: turn.at,
  };
  putTransaction(turn, transaction);
  if (event) putEventId(turn, event.id, session);
  return transaction;
}

function openSession(
  turn: Turn,
  transaction: TransactionRow,
  verdict: Verdict | null,
  isStartUnread: boolean,
): void {
  const { session, connector, transactionId, idTag, startedAt, meterStartWh } = transaction;
  const charger = chargerOf(turn);
  const input: SessionInput = {
    charger,
    connector,
    session,
    transactionId,
    idTag,
    startedAt,
    meterStartWh,
    ...(isStartUnread ? { isStartUnread } : {}),
    backend: backendModeOf(turn),
    authorisedBy: verdict?.ground ?? 'backend',
    fallbackAfterMs: configOf(turn).backendFallbackAfterMs,
  };
  tell(turn, addressOf('session', session), 'session.opened', input, { session, connector });
}

/** Local policy answers a Start: its verdict and an id of ours. What the CPMS says later is applied when it comes. */
export function decideStart(
  turn: Turn,
  session: string,
  contentKey: string,
  asker: Asker | null,
  cause: LocalCause,
  verdict?: Verdict,
): void {
  const transaction = transactionOf(turn, session);
  if (!transaction) return;
  const { idTag, transactionId, connector, startN } = transaction;
  const decided = verdict ?? verdictHere(turn, transaction);
  const { status, ground } = decided;
  const raw = JSON.stringify({ idTagInfo: { status }, transactionId });
  turn.journal({
    type: 'start.decided',
    session,
    connector,
    reason: { code: `authorise.${ground}`, params: { idTag: maskIdTag(idTag), status, cause } },
    data: { transactionId, n: startN },
  });
  capStart(turn, transaction, decided);
  settleStart(turn, transaction, contentKey, { raw });
  if (asker) answerCharger(turn, asker, { raw });
}

/** Where the charger asks for no card there is none to be judged. */
function verdictHere(turn: Turn, { idTag, isFree }: TransactionRow): Verdict {
  return isFree ? { status: 'Accepted', ground: 'policy' } : authoriseLocally(turn, idTag);
}

/** The charger's answer stands: it belongs to the message from now on. */
function settleStart(
  turn: Turn,
  transaction: TransactionRow,
  contentKey: string,
  { raw: answer, version }: { raw: string; version?: OcppVersion | undefined },
): void {
  const { startN: n, session } = transaction;
  putContent(turn, contentKey, { n, session, answer, ...(version ? { version } : {}), at: turn.at });
  giveTransactionId(turn, transaction);
  adoptRemoteStartProfile(turn, transaction.connector);
}

/** The CPMS answered the Start. */
export function startAnswered(
  turn: Turn,
  n: number,
  word: AwaitedWord,
  answer: { raw: string; version?: OcppVersion },
): void {
  const { session, contentKey } = word;
  if (session === null || contentKey === null) return;
  const transaction = transactionOf(turn, session);
  const { id, info } = saidOnStart(answer, transaction);
  if (!transaction || !info || !Number.isSafeInteger(id)) {
    startUndelivered(turn, n, word, 'the answer of the CPMS cannot be used', 'unusableAnswer');
    return;
  }
  const cpmsTransactionId = id as number;
  rememberVerdict(turn, transaction.idTag, info);
  const named = { ...transaction, cpmsTransactionId };
  const told = contentOf(turn, contentKey)?.answer ?? null;
  if (told === null) answerInTime(turn, n, named, contentKey, answer, info.status);
  else {
    putTransaction(turn, named);
    turn.journal({
      type: 'start.lateVerdict',
      session,
      connector: named.connector,
      reason: { code: 'authorise.backend', params: { idTag: maskIdTag(named.idTag), status: info.status } },
      data: { transactionId: named.transactionId, cpmsTransactionId, n },
    });
  }
  if (named.state === 'aborted') return;
  const bound = boundAfterVerdict(turn, named, info.status, told);
  const verdict = { cpmsTransactionId, status: info.status, ...bound };
  tell(turn, addressOf('session', session), 'session.startAnswered', verdict, { session });
}

/** A CPMS of 2.0.1 gives no id: ours names the transaction there. One that says nothing of the card took it. */
function saidOnStart(
  { raw, version }: { raw: string; version?: OcppVersion },
  transaction: TransactionRow | undefined,
): { id: unknown; info: IdTagInfo | null } {
  const payload = parsePayload(raw);
  const info = payload && idTagInfoOf(payload);
  if (version === undefined) return { id: payload?.transactionId, info };
  return { id: transaction?.transactionId, info: info ?? (payload && { status: 'Accepted' }) };
}

/** The CPMS's id goes to the charger where no other transaction of this charger has it; else ours, rewritten both ways. */
function answerInTime(
  turn: Turn,
  n: number,
  transaction: TransactionRow & { cpmsTransactionId: number },
  contentKey: string,
  { raw, version }: { raw: string; version?: OcppVersion },
  status: string,
): void {
  const { cpmsTransactionId, session, connector, idTag, eventId } = transaction;
  const owner = sessionOf(turn, cpmsTransactionId);
  const free = eventId === undefined && cpmsTransactionId >= 0 && (owner === null || owner === session);
  const facing = free ? cpmsTransactionId : transaction.transactionId;
  const answer = { raw: free ? raw : rewriteTransactionId(raw, facing), ...(version ? { version } : {}) };
  settleStart(turn, { ...transaction, transactionId: facing }, contentKey, answer);
  turn.journal({
    type: 'start.decided',
    session,
    connector,
    reason: { code: 'authorise.backend', params: { idTag: maskIdTag(idTag), status } },
    data: { transactionId: facing, cpmsTransactionId, n, idTaken: !free },
  });
  answerWaiting(turn, n, answer);
}

/** The Start will not be at the CPMS: it is a dead letter, or was answered with nothing usable. */
export function startUndelivered(
  turn: Turn,
  n: number,
  { session, contentKey }: AwaitedWord,
  error: string,
  cause: 'deadLettered' | 'unusableAnswer',
): void {
  if (session === null || contentKey === null) return;
  if (contentOf(turn, contentKey)?.answer === null) {
    decideStart(turn, session, contentKey, null, cause);
    answerWaiting(turn, n, { raw: contentOf(turn, contentKey)?.answer ?? '{}' });
  }
  if (transactionOf(turn, session)?.state === 'aborted') return;
  const data = { what: 'start' as const, error };
  tell(turn, addressOf('session', session), 'session.deliveryFailed', data, { session });
}
