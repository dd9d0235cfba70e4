import type { AwaitedAnswer } from '../../machines/charger/charger.messages.ts';
import { NOTICES } from '../../machines/shared/ocpp16.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { Tells } from '../tells.ts';
import { answeredUpstream } from './awaiting.ts';
import { bootAnsweredLate } from './boot.ts';
import { type Called, calledOf, textsOf } from './called.ts';
import { decideEvent, eventUndelivered } from './event-answer.ts';
import { meterCalled, meterCalledIn201 } from './meter.ts';
import { answerCharger } from './outbound.ts';
import { enqueue } from './queue.ts';
import { answerRelayLocally, relayCalled } from './relay.ts';
import { decideStart, startAnswered, startCalled, startUndelivered } from './start.ts';
import { statusCalled } from './status.ts';
import { decideStop, stopAnswered, stopCalled, stopUndelivered } from './stop.ts';
import { transactionEventCalled } from './transaction-event.ts';
import { removeWord, wordOf } from './words.ts';

const handlers: Readonly<Record<string, (turn: Turn, called: Called) => void>> = {
  MeterValues: meterCalled,
  StartTransaction: startCalled,
  StopTransaction: stopCalled,
  StatusNotification: statusCalled,
};

const handlersOf201: Readonly<Record<string, (turn: Turn, called: Called) => void>> = {
  MeterValues: meterCalledIn201,
  StatusNotification: statusCalled,
  TransactionEvent: transactionEventCalled,
};

/** Any CALL of the charger: answered now, relayed, or queued. */
export function southCalled(turn: Turn): void {
  const called = calledOf(turn);
  const own = called.version === '2.0.1' ? handlersOf201 : handlers;
  const handle = own[called.action] ?? (NOTICES.has(called.action) ? noticeCalled : relayCalled);
  handle(turn, called);
}

function noticeCalled(turn: Turn, called: Called): void {
  const about = { connector: null, session: null, transactionId: null };
  enqueue(turn, { lane: 'history', ...textsOf(called), kind: 'notice', ...about });
  answerCharger(turn, called, { raw: '{}' });
}

/** The chart asks for local policy: the CPMS took too long, or too many wait already. */
export function answerLocally(turn: Turn, answer: AwaitedAnswer, cause: 'overdue' | 'full'): void {
  if (answer.kind === 'relayed') {
    answerRelayLocally(turn, answer, cause);
    return;
  }
  const n = Number(answer.key);
  const word = wordOf(turn, n);
  if (!word || word.contentKey === null) return;
  if (word.kind === 'stop') decideStop(turn, n, word.session, word.contentKey, answer, cause);
  else if (word.kind === 'event') decideEvent(turn, n, word, answer);
  else if (word.session !== null) decideStart(turn, word.session, word.contentKey, answer, cause);
}

/** `charger.delivered`: the final word for a queue entry. */
export function delivered(turn: Turn): void {
  const result = turn.envelope.data as unknown as Tells['charger.delivered'];
  const { n } = result;
  const word = wordOf(turn, n);
  // Meter values, statuses and notices were answered at once: nothing is left to do for them.
  if (!word) return;
  if (result.outcome === 'deadLettered') {
    // The word stays awaited: a dead letter can be sent again.
    if (word.kind === 'start') startUndelivered(turn, n, word, result.error, 'deadLettered');
    else if (word.kind === 'stop') stopUndelivered(turn, n, word, result.error);
    else if (word.kind === 'event') eventUndelivered(turn, n, word);
    return;
  }
  if (word.kind === 'start') startAnswered(turn, n, word, result);
  else if (word.kind === 'stop') stopAnswered(turn, n, word, result);
  else if (word.kind === 'event') answeredUpstream(turn, n, word, result);
  else bootAnsweredLate(turn, n, result.raw);
  removeWord(turn, n);
}
