import type { ForwardedCommand } from '../../machines/charger/charger.messages.ts';
import {
  factsOf201,
  keptVariables201,
  refusal201,
  refusalAlways201,
} from '../../machines/shared/governance/commands201.ts';
import type { CommandReason } from '../../machines/shared/governance/judge.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { contextOf, step } from './books.ts';
import type { Called } from './called.ts';
import { inWordsOf16 } from './command-words.ts';
import { deferCommand } from './deferred.ts';
import { type Judged, journalReason, judge } from './governance.ts';
import { holdLocalList, localListIn16 } from './local-list.ts';
import { type Answer, answerBackend } from './outbound.ts';
import { answerProfileCommand } from './profiles.ts';
import {
  internalError,
  isChargerAway,
  journalRefused,
  refusal,
  refusedWithError,
  TOO_MANY_DEFERRED,
} from './refusals.ts';
import { noteRemoteStart, withoutProfile } from './remote-start.ts';
import { keepSetting } from './settings.ts';
import { answerTransactionStatus } from './transaction-status.ts';

/** A command of a 2.0.1 CPMS: judged by what it says; of a list of variables all are forwarded, or none. */
export function commandIn201(turn: Turn, called: Called): void {
  const { action, payload } = called;
  if (action === 'GetTransactionStatus' && answerTransactionStatus(turn, called)) return;
  const always = refusalAlways201(action, payload);
  if (always !== null) {
    const answer: Answer = inVersion(always);
    answerBackend(turn, called, refusal(turn, called, 'command.neverTheCpms', answer));
    return;
  }
  const judged = factsOf201(action, payload).map((facts) => judge(turn, facts));
  const answer = decide(turn, called, judged);
  if (answer) answerBackend(turn, called, answer);
  else forward(turn, called);
}

/** The answer where the command is not to be forwarded now. */
function decide(turn: Turn, called: Called, judged: readonly Judged[]): Answer | null {
  const outcomes = new Set(judged.map(({ outcome }) => outcome));
  const [first] = judged;
  if (outcomes.has('refuse') || outcomes.size > 1 || !first) return refuse(turn, called, judged);
  if (first.outcome === 'answer') return answerHere(turn, called, judged);
  if (isChargerAway(turn)) return refusal(turn, called, 'command.chargerAway', answerWhenAway(called));
  if (first.outcome === 'forward') return null;
  return deferCommand(turn, called, first) ?? refuseAll(turn, called, TOO_MANY_DEFERRED);
}

const MIXED: CommandReason = {
  code: 'command.mixed',
  params: {},
  text: 'some of these settings are kept by the site: set them by themselves',
};

function refuse(turn: Turn, called: Called, judged: readonly Judged[]): Answer {
  const reasons = judged.map(({ outcome, reason }) => (outcome === 'refuse' ? reason : MIXED));
  const decisive = reasons.find((reason) => reason !== MIXED) ?? MIXED;
  return refuseAll(turn, called, decisive, (index) => reasons[index] ?? MIXED);
}

function refuseAll(
  turn: Turn,
  called: Called,
  reason: CommandReason,
  reasonAt: (index: number) => CommandReason = () => reason,
): Answer {
  journalRefused(turn, called, reason);
  const refused = refusal201(called.action, called.payload, reasonAt);
  return refused === null ? refusedWithError(reason) : inVersion(refused);
}

function answerHere(turn: Turn, called: Called, judged: readonly Judged[]): Answer {
  const { action, payload } = called;
  for (const { facts, reason } of judged) {
    turn.journal({ type: 'command.answeredHere', reason: journalReason(reason, { action }) });
    if (facts.setting !== null) keepSetting(turn, facts.setting);
  }
  if (action === 'SetVariables') return inVersion(keptVariables201(payload));
  if (action === 'GetChargingProfiles') return { error: NOT_LISTED };
  const words = inWordsOf16(turn, called);
  if (words.calls === null) return words.refusal;
  return words.answer(words.calls.map((call) => answerProfileCommand(turn, call)));
}

const NOT_LISTED = {
  code: 'NotSupported',
  description: 'the site manages its load itself and does not list charging profiles',
  details: {},
};

const AWAY = { code: 'command.chargerAway', text: 'the charger is not connected' };

function answerWhenAway({ action, payload }: Called): Answer {
  const refused = refusal201(action, payload, () => AWAY);
  return refused === null ? { error: internalError(AWAY.text) } : inVersion(refused);
}

function forward(turn: Turn, called: Called): void {
  const { socketId, messageId, action, payload } = called;
  const raw = action === 'RequestStartTransaction' ? remoteStart(turn, called) : called.raw;
  if (typeof raw !== 'string') {
    answerBackend(turn, called, refusal(turn, called, 'profile.notKept', raw));
    return;
  }
  const key = turn.newUuid();
  const command: ForwardedCommand = { key, socketId, messageId, action, version: '2.0.1' };
  if (action === 'SendLocalList') holdLocalList(turn, key, JSON.stringify(localListIn16(payload)));
  step(turn, { type: 'command.forwarded', at: turn.at, command, raw });
}

/** Where profiles are kept here, that of a remote start is; one that cannot be kept has no car started without it. */
function remoteStart(turn: Turn, called: Called): string | Answer {
  const { chargingProfile, ...rest } = called.payload;
  noteRemoteStart(turn, called.payload);
  if (chargingProfile === undefined) return called.raw;
  // The profile is read by way of 1.6, which has no room for every card.
  const words = inWordsOf16(turn, { ...called, payload: { ...called.payload, idToken: SOME_CARD } });
  if (words.calls === null) return contextOf(turn).managed ? words.refusal : called.raw;
  const isKept = words.calls.some((call) => withoutProfile(turn, call) !== call.raw);
  return isKept ? JSON.stringify(rest) : called.raw;
}

const SOME_CARD = { idToken: '-', type: 'Central' };

function inVersion(payload: Record<string, unknown>): Answer & { raw: string } {
  return { raw: JSON.stringify(payload), version: '2.0.1' };
}
