import { commandsMax, type ForwardedCommand } from '../../machines/charger/charger.messages.ts';
import { policyRefusal16 } from '../../machines/shared/governance/commands16.ts';
import { refusalAlways201 } from '../../machines/shared/governance/commands201.ts';
import type { CommandReason } from '../../machines/shared/governance/judge.ts';
import { parsePayload, refusalOf } from '../../machines/shared/ocpp16.ts';
import { hasDoubledKeys, rewriteTransactionId } from '../../machines/shared/raw-json.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallAnswered, CallErrorData, CallFailed } from '../ports.ts';
import { clearCache } from './authorise.ts';
import { contextOf, modeOfTurn, step } from './books.ts';
import { type Called, calledOf } from './called.ts';
import { aboutTransaction, inWordsOf16 } from './command-words.ts';
import { deferCommand } from './deferred.ts';
import { DEFERRED_MAX } from './deferred-rows.ts';
import { type Judged, journalReason, judge, tellReason } from './governance.ts';
import { holdLocalList, settleLocalList } from './local-list.ts';
import { type Answer, answerBackend, callCharger } from './outbound.ts';
import { answerProfileCommand } from './profiles.ts';
import { withoutProfile } from './remote-start.ts';
import { keepSetting, withSettings } from './settings.ts';
import { openByCpmsId, sessionOf, transactionOf } from './transaction-rows.ts';
import { answerTransactionStatus } from './transaction-status.ts';

/** A CALL of the CPMS: answered here where it is ours or the charger is away, else forwarded as it stands. */
export function northCalled(turn: Turn): void {
  const called = asJudged(calledOf(turn));
  if (called.version === '2.0.1') {
    commandIn201(turn, called);
    return;
  }
  const answer = decide(turn, called, judge(turn, called));
  if (answer) answerBackend(turn, called, answer);
  else forward(turn, called);
}

/** Judged by what it says in 1.6; of a list of variables all are forwarded, or none. */
function commandIn201(turn: Turn, called: Called): void {
  if (called.action === 'GetTransactionStatus' && answerTransactionStatus(turn, called)) return;
  const always = refusalAlways201(called.action, called.payload);
  if (always !== null) {
    const answer: Answer = { raw: always, version: '2.0.1' };
    answerBackend(turn, called, refusal(turn, called, 'command.neverTheCpms', answer));
    return;
  }
  const words = inWordsOf16(turn, called);
  const judged = (words?.calls ?? [called]).map((call) => ({ call, judgement: judge(turn, call) }));
  const isMixed = new Set(judged.map(({ judgement }) => judgement.outcome)).size > 1;
  const answers = judged.map(({ call, judgement }) =>
    isMixed ? refusalByPolicy(turn, call, MIXED) : decide(turn, call, judgement),
  );
  const given = answers.filter((answer) => answer !== null);
  const [first] = given;
  if (!first) forward(turn, called, words?.calls[0]);
  // A deferral is in the CPMS's words already; it has one command only.
  else if ('version' in first) answerBackend(turn, called, first);
  else answerBackend(turn, called, words ? words.answer(given) : withError(first));
}

/** A command that 1.6 lacks has no refusing status here, whatever it says. */
function withError(answer: Answer): Answer {
  return 'error' in answer ? answer : { error: internalError('the command is refused') };
}

/** The answer where the command is not to be forwarded now. */
function decide(turn: Turn, called: Called, judged: Judged): Answer | null {
  const mode = modeOfTurn(turn);
  if (judged.outcome === 'refuse') return refusalByPolicy(turn, called, judged.reason);
  if (judged.outcome === 'answer') return answerHere(turn, called, judged);
  if (mode === 'offline' || mode === 'fallback')
    return refusal(turn, called, 'command.chargerAway', answerWhenAway(called.action));
  if (judged.outcome === 'forward') return null;
  return deferCommand(turn, called, judged) ?? refusalByPolicy(turn, called, TOO_MANY_DEFERRED);
}

const MIXED: CommandReason = {
  code: 'command.mixed',
  params: {},
  text: 'some of these settings are kept by the site: set them by themselves',
};

/** What was judged is what is sent, should the text have two readings. */
function asJudged(called: Called): Called {
  return hasDoubledKeys(called.raw) ? { ...called, raw: JSON.stringify(called.payload) } : called;
}

const TOO_MANY_DEFERRED: CommandReason = {
  code: 'command.tooManyDeferred',
  params: { deferredMax: DEFERRED_MAX },
  text: 'too many commands wait for the end of a session',
};

/** As it came; `in16` is what a command of 2.0.1 says in 1.6, if it says one thing. */
function forward(turn: Turn, called: Called, in16?: Called): void {
  const { socketId, messageId, action, version } = called;
  const raw = version === undefined ? rawForCharger(turn, called) : rawIn201(turn, called, in16);
  if (raw === null) {
    answerBackend(
      turn,
      called,
      refusal(turn, called, 'command.foreignTransaction', { raw: '{"status":"Rejected"}' }),
    );
    return;
  }
  const ofVersion = version === undefined ? {} : { version };
  const command: ForwardedCommand = { key: turn.newUuid(), socketId, messageId, action, ...ofVersion };
  if (in16 && action === 'SendLocalList') holdLocalList(turn, command.key, in16.raw);
  step(turn, { type: 'command.forwarded', at: turn.at, command, raw });
}

/** Where profiles are kept here, that of a remote start is. */
function rawIn201(turn: Turn, { action, raw, payload }: Called, in16: Called | undefined): string {
  if (action !== 'RequestStartTransaction' || !in16 || withoutProfile(turn, in16) === in16.raw) return raw;
  const { chargingProfile: _kept, ...rest } = payload;
  return JSON.stringify(rest);
}

/** A status says no more than no: the reason goes with it only where the CPMS takes a message for that. */
function refusalByPolicy(turn: Turn, called: Called, reason: CommandReason): Answer {
  const { action } = called;
  const raw = policyRefusal16(action);
  turn.journal({ type: 'command.refused', reason: journalReason(reason, { action }) });
  const error = { code: 'GenericError', description: reason.text, details: {} };
  tellReason(turn, called.original ?? called, 'refused', reason);
  return raw === null ? { error } : { raw };
}

function answerHere(turn: Turn, called: Called, { facts, reason }: Judged): Answer {
  turn.journal({ type: 'command.answeredHere', reason: journalReason(reason, { action: called.action }) });
  if (facts.setting === null) return answerProfileCommand(turn, called);
  keepSetting(turn, facts.setting);
  return { raw: '{"status":"Accepted"}' };
}

function refusal(turn: Turn, called: Called, code: string, answer: Answer): Answer {
  turn.journal({ type: 'command.refused', reason: { code, params: { action: called.action } } });
  return answer;
}

function answerWhenAway(action: string): Answer {
  const refusal = refusalOf(action);
  return refusal === null ? { error: internalError('charger is not connected') } : { raw: refusal };
}

/** The payload as the charger is to get it; null when it names a transaction that is not this CPMS's. */
function rawForCharger(turn: Turn, called: Called): string | null {
  const { action, raw, payload } = called;
  if (action === 'RemoteStartTransaction') return withoutProfile(turn, called);
  if (action !== 'RemoteStopTransaction') return raw;
  const id = payload.transactionId as number;
  const open = openByCpmsId(turn, id);
  // To a charger of 2.0.1 it is translated, by the id of the event.
  if (open?.eventId !== undefined) return raw;
  if (open) return open.transactionId === id ? raw : rewriteTransactionId(raw, open.transactionId);
  const namesake = sessionOf(turn, id);
  const other = namesake === null ? undefined : transactionOf(turn, namesake);
  // Never heard of: only the charger can know it. Ours, or another one's id on this charger: not to be stopped by mistake.
  return other === undefined || other.cpmsTransactionId === id ? raw : null;
}

/** The chart took the command on. */
export function sendCommand(turn: Turn, command: ForwardedCommand, raw: string): void {
  const { key, messageId, action, version } = command;
  if (action === 'SendLocalList' && version === undefined) holdLocalList(turn, key, raw);
  turn.journal({ type: 'command.forwarded', reason: { code: 'command.allowed', params: { action } } });
  const about = aboutTransaction(turn, parsePayload(raw) ?? {});
  const ofVersion = version === undefined ? {} : { version };
  callCharger(turn, { correlation: key, messageId, action, raw, ...ofVersion, ...about });
}

/** Too many commands are out already. */
export function refuseCommand(turn: Turn, command: ForwardedCommand): void {
  const { action } = command;
  turn.journal({
    type: 'command.refused',
    reason: { code: 'command.tooMany', params: { action, commandsMax } },
  });
  answerBackend(turn, command, { error: internalError('too many commands are waiting for the charger') });
}

/** The charger answered a forwarded command, or did not. */
export function commandEnded(turn: Turn, correlation: string): void {
  const command = contextOf(turn).commands.find(({ key }) => key === correlation);
  if (!command) return;
  step(turn, { type: 'command.settled', at: turn.at, key: correlation });
  const accepted = turn.envelope.type === 'south.answered' && isAccepted(turn);
  if (command.action === 'SendLocalList') settleLocalList(turn, correlation, accepted);
  if (command.action === 'ClearCache' && accepted) clearCache(turn);
  const outcome = outcomeOf(turn);
  const isConfiguration = command.action === 'GetConfiguration' && 'raw' in outcome;
  answerBackend(turn, command, isConfiguration ? { raw: withSettings(turn, outcome.raw) } : outcome);
}

function isAccepted(turn: Turn): boolean {
  return parsePayload((turn.envelope.data as unknown as CallAnswered).raw)?.status === 'Accepted';
}

function outcomeOf(turn: Turn): Answer {
  if (turn.envelope.type === 'south.answered') {
    const { raw, version } = turn.envelope.data as unknown as CallAnswered;
    return version === undefined ? { raw } : { raw, version };
  }
  const { kind, error } = turn.envelope.data as unknown as CallFailed;
  if (kind === 'error') return { error };
  if (kind === 'timeout') return { error: internalError('the charger did not answer in time') };
  if (kind === 'closed' || kind === 'notConnected')
    return { error: internalError('charger is not connected') };
  return { error: internalError(error.description) };
}

function internalError(description: string): CallErrorData {
  return { code: 'InternalError', description, details: {} };
}
