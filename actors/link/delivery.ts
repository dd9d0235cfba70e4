import type { LinkSettings } from '../../machines/backend-link/backend-link.messages.ts';
import { attemptWaitMs } from '../../machines/backend-link/backend-link.rules.ts';
import { rewriteTransactionId } from '../../machines/shared/raw-json.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallAnswered, CallFailed, NorthCall } from '../ports.ts';
import type { QueueRow } from '../tells.ts';
import { deadLetter, rememberCpmsId, transactionOf } from './dead-letters.ts';
import type { LinkQueue } from './queue.ts';

/** Wait after "call already in progress": the CPMS is not ready, which says nothing about the message. */
const BUSY_WAIT_MS = 200;

const IN_PROGRESS = /already in progress/i;

/** Kinds whose answer somebody waits for; the others are delivered when they are gone from the queue. */
const ANSWER_WANTED: ReadonlySet<QueueRow['kind']> = new Set(['start', 'stop', 'boot']);

export interface Delivery {
  turn: Turn;
  charger: string;
  socketId: string;
  settings: LinkSettings;
  queue: LinkQueue;
}

/** What the queue wants of the link after a try to send. */
export type SendOutcome =
  | { kind: 'busy' | 'empty' }
  | { kind: 'sent'; row: QueueRow['kind'] }
  | { kind: 'wait'; waitMs: number };

/** Sends the next message unless one is under way. Messages that cannot leave any more die on the way. */
export function sendNext(delivery: Delivery): SendOutcome {
  const { turn, charger, queue } = delivery;
  if (queue.isBusy()) return { kind: 'busy' };
  for (;;) {
    const row = queue.next();
    if (!row) return { kind: 'empty' };
    if (row.notBefore > turn.at) return { kind: 'wait', waitMs: row.notBefore - turn.at };
    const ready = rawToSend(turn, charger, row);
    if ('raw' in ready) {
      send(delivery, row, ready.raw);
      return { kind: 'sent', row: row.kind };
    }
    deadLetter(turn, charger, queue, row, ready.dead, {
      code: 'link.startNeverDelivered',
      params: { n: row.n },
    });
  }
}

/** A message of a transaction names it by the CPMS's id; without one it must not leave. */
function rawToSend(turn: Turn, charger: string, row: QueueRow): { raw: string } | { dead: string } {
  if (row.kind === 'start' || row.transactionId === null) return { raw: row.raw };
  const transaction = transactionOf(turn, charger, row);
  if (!transaction) return { raw: row.raw };
  if (transaction.startDead) return { dead: 'its StartTransaction is a dead letter' };
  const { cpmsTransactionId } = transaction;
  if (cpmsTransactionId === null) return { dead: 'the CPMS gave its transaction no id' };
  const same = cpmsTransactionId === row.transactionId;
  return { raw: same ? row.raw : rewriteTransactionId(row.raw, cpmsTransactionId) };
}

function send({ turn, charger, socketId, settings, queue }: Delivery, row: QueueRow, raw: string): void {
  if (queue.isInDoubt(row.n)) {
    turn.journal({
      type: 'link.repeated',
      data: { n: row.n, action: row.action, callId: row.callId },
      reason: { code: 'link.inDoubt' },
      charger,
    });
  }
  queue.markSent(row.n);
  const call: NorthCall = {
    type: 'call',
    charger,
    replyTo: turn.self,
    correlation: correlationOf(row.n, socketId),
    messageId: row.callId,
    exactId: true,
    action: row.action,
    raw,
    timeoutMs: settings.callTimeoutMs,
  };
  turn.perform({ port: 'north', type: 'call', recovery: 'answer', data: { ...call } });
}

export function correlationOf(n: number, socketId: string): string {
  return `${n}/${socketId}`;
}

/** Undefined when the text is not one of ours. */
export function parseCorrelation(text: string | undefined): { n: number; socketId: string } | undefined {
  const match = /^(\d+)\/(.*)$/.exec(text ?? '');
  return match ? { n: Number(match[1]), socketId: match[2]! } : undefined;
}

/** The CPMS took the message: the final word. A word for a message that is not queued any more changes nothing. */
export function onAnswered(turn: Turn, charger: string, queue: LinkQueue, n: number): void {
  const row = queue.row(n);
  if (!row) return;
  const { raw } = turn.envelope.data as unknown as CallAnswered;
  queue.remove(n);
  if (row.kind === 'start') {
    const id = transactionIdIn(turn.envelope.transient ?? JSON.parse(raw));
    if (id !== undefined) rememberCpmsId(turn, charger, row, id);
  }
  if (ANSWER_WANTED.has(row.kind)) {
    turn.tell(`charger/${charger}`, 'charger.delivered', { n, outcome: 'answered', raw });
  }
}

function transactionIdIn(payload: unknown): number | undefined {
  const id = (payload as { transactionId?: unknown } | null)?.transactionId;
  return Number.isSafeInteger(id) ? (id as number) : undefined;
}

/** What an unanswered or refused CALL asks of the link. */
export type FailureOutcome = 'socketLost' | 'socketSilent' | 'next' | { waitMs: number };

/** Only an explicit answer counts against a message; everything else is the socket's fault, and leaves it in doubt. */
export function onFailed(delivery: Delivery, n: number): FailureOutcome {
  const { turn, charger, queue, settings } = delivery;
  const { kind, error } = turn.envelope.data as unknown as CallFailed;
  if (kind === 'timeout') return 'socketSilent';
  if (kind === 'closed' || kind === 'notConnected') return 'socketLost';
  queue.markRefused();
  if (kind === 'queueFull' || IN_PROGRESS.test(error.description)) return { waitMs: BUSY_WAIT_MS };
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
