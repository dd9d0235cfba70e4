import type { AwaitedAnswer } from '../../machines/charger/charger.messages.ts';
import { awaitedAnswer, isUnanswered } from '../../machines/charger/charger.rules.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { idTagInfoOf, parsePayload } from '../../machines/shared/ocpp16.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { ContentRow } from '../tells.ts';
import { rememberVerdict } from './authorise.ts';
import { contextOf, isBackendOnline, noteConfirmed, step } from './books.ts';
import type { Called } from './called.ts';
import { contentOf, putContent } from './content.ts';
import { type Answer, type Asker, answerCharger } from './outbound.ts';
import { type AwaitedWord, wordOf } from './words.ts';

/** Has the charger wait for upstream; past the deadline, or with too many waiting, the chart asks for a local answer. */
export function awaitAnswer(turn: Turn, answer: AwaitedAnswer, delayMs: number): void {
  step(turn, { type: 'answer.awaited', at: turn.at, answer, delayMs });
}

/** Has a transaction message wait for the final word on its queue entry. */
export function awaitWord(turn: Turn, called: Called, n: number): void {
  const { socketId, messageId, action } = called;
  const idTag = wordOf(turn, n)?.idTag ?? null;
  const answer: AwaitedAnswer = {
    key: String(n),
    kind: 'queued',
    socketId,
    messageId,
    action,
    idTag,
    raw: null,
    overdue: false,
  };
  awaitAnswer(turn, answer, contextOf(turn).answerBudgetMs);
}

/** Nobody waits for this any more; who did, if somebody still does. */
export function settle(turn: Turn, key: string): AwaitedAnswer | undefined {
  const answer = awaitedAnswer(contextOf(turn), key);
  if (answer) step(turn, { type: 'answer.settled', at: turn.at, key });
  return answer;
}

/** Gives the answer to whoever waits for the final word on queue entry n. */
export function answerWaiting(turn: Turn, n: number, answer: Answer): void {
  const waiting = settle(turn, String(n));
  if (waiting) answerCharger(turn, waiting, answer);
}

/** The final word of the CPMS on queue entry n: kept for repeats, with what it says of the card, and passed on. */
export function answeredUpstream(
  turn: Turn,
  n: number,
  { session, contentKey, idTag }: AwaitedWord,
  answer: { raw: string; version?: OcppVersion },
): void {
  const info = idTagInfoOf(parsePayload(answer.raw) ?? {});
  if (info && idTag !== null) rememberVerdict(turn, idTag, info);
  if (contentKey !== null && contentOf(turn, contentKey)?.answer === null) {
    const { raw, ...version } = answer;
    putContent(turn, contentKey, { n, session, answer: raw, ...version, at: turn.at });
  }
  answerWaiting(turn, n, answer);
}

/**
 * A transaction message that was accepted before. It adds nothing upstream: it gets the answer given, or waits on
 * for the one awaited, or has it decided here, by `decide`, when no word can be waited for.
 */
export function repeated(
  turn: Turn,
  called: Called,
  known: ContentRow,
  decide: (asker: Asker) => void,
): void {
  const { n, session, answer, version } = known;
  const { socketId, messageId, action } = called;
  turn.journal({
    type: 'message.repeated',
    reason: { code: 'message.knownByContent', params: { n, action } },
  });
  if (session !== null) noteConfirmed(turn, session);
  if (answer !== null) answerCharger(turn, called, { raw: answer, ...(version ? { version } : {}) });
  else if (isUnanswered(contextOf(turn), String(n))) {
    const key = String(n);
    step(turn, { type: 'answer.repeated', at: turn.at, key, socketId, messageId });
  } else if (isBackendOnline(turn) && wordOf(turn, n)) awaitWord(turn, called, n);
  else decide({ socketId, messageId });
}
