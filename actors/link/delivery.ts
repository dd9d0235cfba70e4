import type { LinkSettings } from '../../machines/backend-link/backend-link.messages.ts';
import { attemptWaitMs } from '../../machines/backend-link/backend-link.rules.ts';
import { FIRST_VERSION } from '../../machines/shared/ocpp-version.ts';
import { rewriteTransactionId } from '../../machines/shared/raw-json.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallAnswered, CallErrorData, CallFailed, NorthCall } from '../ports.ts';
import type { QueueRow, TransactionRow } from '../tells.ts';
import { deadLetter, rememberCpmsId, transactionOf } from './dead-letters.ts';
import { park, parkBehind, parkedRow, unpark } from './parking.ts';
import type { LinkQueue } from './queue.ts';
import { Suspicion } from './suspicion.ts';
import { cpmsVersionOf, factsFor201, type Wording, wordingFor } from './wording.ts';

/** Wait after "call already in progress": the CPMS is not ready, which says nothing about the message. */
const BUSY_WAIT_MS = 200;

const IN_PROGRESS = /already in progress/i;

/** Messages that cannot leave, taken out of the queue in one turn; the rest of a long transaction comes with the next. */
const TAKEN_MAX = 64;

/** Kinds whose answer somebody waits for; the others are delivered when they are gone from the queue. */
const ANSWER_WANTED: ReadonlySet<QueueRow['kind']> = new Set(['start', 'stop', 'boot']);

export interface Delivery {
  turn: Turn;
  charger: string;
  socketId: string;
  settings: LinkSettings;
  queue: LinkQueue;
}

/** What the queue wants of the link after a try to send. `more`: not looked through yet. */
export type SendOutcome =
  | { kind: 'busy' | 'empty' | 'more' }
  | { kind: 'sent'; row: QueueRow }
  | { kind: 'wait'; waitMs: number };

/** Sends the next message unless one is under way. Messages that cannot leave any more die on the way. */
export function sendNext(delivery: Delivery): SendOutcome {
  const { turn, charger, queue } = delivery;
  if (queue.isBusy()) return { kind: 'busy' };
  for (let taken = 0; taken < TAKEN_MAX; taken++) {
    const row = queue.next();
    if (!row) return { kind: 'empty' };
    if (row.notBefore > turn.at) return { kind: 'wait', waitMs: row.notBefore - turn.at };
    if (queue.isInDoubt(row.n) && !row.trial && mustWaitForProbe(delivery, row.n)) return { kind: 'busy' };
    const wording = wordingFor(row, cpmsVersionOf(turn, charger));
    if (!wording) {
      notTold(turn, charger, queue, row);
      continue;
    }
    const ready = wordingToSend(turn, charger, queue, row, wording);
    if ('raw' in ready) {
      send(delivery, row, ready);
      return { kind: 'sent', row };
    }
    if ('behind' in ready) parkBehind(turn, charger, queue, row, ready.behind);
    else {
      const reason = { code: 'link.startNeverDelivered', params: { n: row.n } };
      deadLetter(turn, charger, queue, row, ready.dead, reason);
    }
  }
  return { kind: 'more' };
}

const NOT_BY_NUMBER = 'the CPMS learnt of its transaction in OCPP 2.0.1, and has no number for it';

/** The CPMS speaks a version that has no words for the message. */
function notTold(turn: Turn, charger: string, queue: LinkQueue, row: QueueRow): void {
  const { n, action, kind, session, only } = row;
  queue.remove(n);
  // What is for one version only says nothing that the other is not told.
  if (only === undefined)
    turn.journal({
      type: 'link.notTold',
      data: { n, action },
      reason: { code: 'link.noWordsInVersion', params: { version: cpmsVersionOf(turn, charger) } },
      charger,
      ...(session === null ? {} : { session }),
    });
  if (ANSWER_WANTED.has(kind) || row.isAwaited)
    turn.tell(`charger/${charger}`, 'charger.delivered', { n, outcome: 'answered', raw: '{}' });
}

/** Has a harmless CALL go before a message that is under suspicion, once per socket. */
function mustWaitForProbe({ turn, charger, socketId, settings }: Delivery, n: number): boolean {
  const suspicion = new Suspicion(turn, charger);
  const verdict = suspicion.before(n, socketId);
  if (verdict !== 'probe') return verdict === 'wait';
  suspicion.probed(n, socketId);
  const call: NorthCall = {
    type: 'call',
    charger,
    replyTo: turn.self,
    correlation: correlationOf(PROBE, socketId),
    action: 'Heartbeat',
    raw: '{}',
    timeoutMs: settings.callTimeoutMs,
  };
  turn.perform({ port: 'north', type: 'call', recovery: 'answer', data: { ...call } });
  return true;
}

/** A message of a transaction names it by the CPMS's id; without one it must not leave. */
function wordingToSend(
  turn: Turn,
  charger: string,
  queue: LinkQueue,
  row: QueueRow,
  wording: Wording,
): Wording | { dead: string } | { behind: number } {
  const transaction = transactionOf(turn, charger, row);
  if (!transaction) return wording;
  const isStart = row.kind === 'start';
  if (transaction.startDead && !isStart) return { dead: 'its StartTransaction is a dead letter' };
  // In 2.0.1 the charger's side names the transaction: no message waits for the answer to another.
  if (cpmsVersionOf(turn, charger) === '2.0.1') {
    if (wording.version === '2.0.1') return wording;
    return { ...wording, transaction: factsFor201(turn, charger, row, transaction) };
  }
  if (isStart || row.transactionId === null) return wording;
  // D6: the number that stands for it here is none of the CPMS's.
  if (transaction.toldIn !== undefined) return { dead: NOT_BY_NUMBER };
  const { cpmsTransactionId } = transaction;
  if (cpmsTransactionId === null) {
    return isStartToCome(turn, charger, queue, transaction)
      ? { behind: transaction.startN }
      : { dead: 'the CPMS gave its transaction no id' };
  }
  const same = cpmsTransactionId === row.transactionId;
  return same ? wording : { ...wording, raw: rewriteTransactionId(wording.raw, cpmsTransactionId) };
}

function isStartToCome(turn: Turn, charger: string, queue: LinkQueue, { startN }: TransactionRow): boolean {
  return parkedRow(turn, charger, startN) !== undefined || queue.row(startN)?.kind === 'start';
}

function send({ turn, charger, socketId, settings, queue }: Delivery, row: QueueRow, wording: Wording): void {
  const inDoubt = queue.isInDoubt(row.n);
  if (inDoubt) {
    turn.journal({
      type: 'link.repeated',
      data: { n: row.n, action: row.action, callId: row.callId },
      reason: { code: 'link.inDoubt' },
      charger,
    });
  }
  // Repeats are few, one per connection, and whether they get through must not depend on the backlogs of others.
  const replay = !inDoubt && queue.isDraining();
  queue.markSent(row.n);
  const call: NorthCall = {
    type: 'call',
    charger,
    replyTo: turn.self,
    correlation: correlationOf(row.n, socketId),
    messageId: row.callId,
    exactId: true,
    ...(replay ? { replay } : {}),
    ...wording,
    timeoutMs: settings.callTimeoutMs,
  };
  turn.perform({ port: 'north', type: 'call', recovery: 'answer', data: { ...call } });
}

/** Stands for the probe where a message has its number. */
const PROBE = 'probe';

/** A message by its number, or the probe. */
export type CallName = number | typeof PROBE;

function correlationOf(call: CallName, socketId: string): string {
  return `${call}/${socketId}`;
}

/** Undefined when the text is not one of ours. */
export function parseCorrelation(text: string | undefined): { call: CallName; socketId: string } | undefined {
  const match = /^(\d+|probe)\/(.*)$/.exec(text ?? '');
  if (!match) return undefined;
  return { call: match[1] === PROBE ? PROBE : Number(match[1]), socketId: match[2]! };
}

/**
 * The CPMS took the message: the final word. A word for a message that is not queued any more changes nothing.
 * True: the message had been set aside before, so others that are may get through now too.
 */
export function onAnswered(turn: Turn, charger: string, queue: LinkQueue, n: number): boolean {
  const row = queue.row(n);
  if (!row) return false;
  const { version, note } = turn.envelope.data as unknown as CallAnswered;
  queue.remove(n);
  if (note !== undefined)
    turn.journal({
      type: 'link.translated',
      data: { n, action: row.action, note },
      reason: { code: 'link.otherVersion' },
      charger,
    });
  const raw = row.kind === 'start' ? startAnswer(turn, charger, row) : answerOf(turn).raw;
  if (ANSWER_WANTED.has(row.kind) || row.isAwaited) {
    const ofVersion = version === undefined ? {} : { version };
    turn.tell(`charger/${charger}`, 'charger.delivered', { n, outcome: 'answered', raw, ...ofVersion });
  }
  if (row.trial) unpark(turn, charger, queue, row);
  return row.trial !== undefined;
}

function answerOf(turn: Turn): CallAnswered {
  return turn.envelope.data as unknown as CallAnswered;
}

/** Learns the CPMS's id; one of 2.0.1 gives none, so that ours stands for it in an answer that must have one. */
function startAnswer(turn: Turn, charger: string, row: QueueRow): string {
  const { raw } = answerOf(turn);
  if (cpmsVersionOf(turn, charger) === FIRST_VERSION) {
    const id = transactionIdIn(turn.envelope.transient ?? JSON.parse(raw));
    if (id !== undefined) rememberCpmsId(turn, charger, row, id, FIRST_VERSION);
    return raw;
  }
  const own = transactionOf(turn, charger, row)?.transactionId;
  if (own === undefined) return raw;
  rememberCpmsId(turn, charger, row, own, cpmsVersionOf(turn, charger));
  return rewriteTransactionId(raw, own);
}

function transactionIdIn(payload: unknown): number | undefined {
  const id = (payload as { transactionId?: unknown } | null)?.transactionId;
  return Number.isSafeInteger(id) ? (id as number) : undefined;
}

/**
 * A message was sent, and the socket is silent or gone. That counts as no attempt, and leaves the message in doubt;
 * but one that alone makes the CPMS hang or hang up must not hold up the others for ever. True: it was taken out.
 */
export function onUnanswered(delivery: Delivery, row: QueueRow, error: string): boolean {
  const { turn, charger, queue, socketId } = delivery;
  if (row.trial) {
    park(turn, charger, queue, row, error, {
      code: 'link.stillHangs',
      params: { tries: row.trial.tries },
    });
    return true;
  }
  const params = new Suspicion(turn, charger).unanswered(row.n, socketId);
  if (!params) return false;
  const reason = { code: 'link.onlyThisHangs', params };
  // A status or boot would be out of date by the next try, and must not overtake a newer one.
  if (row.lane === 'history') park(turn, charger, queue, row, error, reason);
  else deadLetter(turn, charger, queue, row, error, reason);
  return true;
}

/** What an unanswered or refused CALL asks of the link. */
export type FailureOutcome = 'socketLost' | 'socketSilent' | 'next' | { waitMs: number };

/** An explicit answer of any kind shows that the CPMS is there; only silence and a lost socket say nothing. */
export function onProbeFailed({ turn, charger, socketId, settings }: Delivery): FailureOutcome {
  const { kind, error } = turn.envelope.data as unknown as CallFailed;
  const silence = silenceOf(kind);
  if (silence) return silence;
  const suspicion = new Suspicion(turn, charger);
  if (isBusy(kind, error)) {
    return suspicion.isProbeBusyForLong(socketId, settings.callTimeoutMs)
      ? 'socketSilent'
      : { waitMs: BUSY_WAIT_MS };
  }
  suspicion.probeAnswered(socketId);
  return 'next';
}

function silenceOf(kind: CallFailed['kind']): 'socketLost' | 'socketSilent' | null {
  if (kind === 'timeout') return 'socketSilent';
  return kind === 'closed' || kind === 'notConnected' ? 'socketLost' : null;
}

function isBusy(kind: CallFailed['kind'], error: CallErrorData): boolean {
  return kind === 'queueFull' || IN_PROGRESS.test(error.description);
}

/** Only an explicit answer counts against a message; everything else is the socket's fault, and leaves it in doubt. */
export function onFailed(delivery: Delivery, n: number): FailureOutcome {
  const { turn, charger, socketId, queue, settings } = delivery;
  const { kind, error } = turn.envelope.data as unknown as CallFailed;
  const silence = silenceOf(kind);
  if (silence) return silence;
  if (isBusy(kind, error)) {
    // A CPMS that is never ready is as good as silent: another socket may help it.
    if (new Suspicion(turn, charger).isBusyForLong(n, socketId, settings.callTimeoutMs))
      return 'socketSilent';
    queue.markRefused();
    return { waitMs: BUSY_WAIT_MS };
  }
  queue.markRefused();
  const row = queue.row(n);
  if (!row) return 'next';
  const attempts = row.attempts + 1;
  const text = `${error.code}: ${error.description}`;
  if (attempts >= settings.attemptsMax) {
    deadLetter(turn, charger, queue, { ...row, attempts }, text, {
      code: 'link.attemptsExhausted',
      params: { attempts, errorCode: error.code },
    });
    return 'next';
  }
  const waitMs = attemptWaitMs(settings, attempts);
  queue.put({ ...row, attempts, notBefore: turn.at + waitMs });
  return { waitMs };
}
