import { commandsMax, type ForwardedCommand } from '../../machines/charger/charger.messages.ts';
import { policyRefusal16 } from '../../machines/shared/governance/commands16.ts';
import type { CommandReason } from '../../machines/shared/governance/judge.ts';
import { parsePayload, refusalOf } from '../../machines/shared/ocpp16.ts';
import { hasDoubledKeys, rewriteTransactionId } from '../../machines/shared/raw-json.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallAnswered, CallErrorData, CallFailed } from '../ports.ts';
import { clearCache } from './authorise.ts';
import { contextOf, modeOfTurn, step } from './books.ts';
import { type Called, calledOf } from './called.ts';
import { deferCommand } from './deferred.ts';
import { DEFERRED_MAX } from './deferred-rows.ts';
import { type Judged, journalReason, judge, tellReason } from './governance.ts';
import { holdLocalList, settleLocalList } from './local-list.ts';
import { type Answer, answerBackend, callCharger } from './outbound.ts';
import { answerProfileCommand } from './profiles.ts';
import { withoutProfile } from './remote-start.ts';
import { keepSetting, withSettings } from './settings.ts';
import { openByCpmsId, sessionOf, transactionOf } from './transaction-rows.ts';

/** A CALL of the CPMS: answered here where it is ours or the charger is away, else forwarded as it stands. */
export function northCalled(turn: Turn): void {
  const called = asJudged(calledOf(turn));
  const judged = judge(turn, called);
  const mode = modeOfTurn(turn);
  if (judged.outcome === 'refuse') refuseByPolicy(turn, called, judged.reason);
  else if (judged.outcome === 'answer') answerHere(turn, called, judged);
  else if (mode === 'offline' || mode === 'fallback')
    refuse(turn, called, 'command.chargerAway', answerWhenAway(called.action));
  else if (judged.outcome === 'forward') forward(turn, called);
  else if (!deferCommand(turn, called, judged)) refuseByPolicy(turn, called, TOO_MANY_DEFERRED);
}

/** What was judged is what is sent, should the text have two readings. */
function asJudged(called: Called): Called {
  return hasDoubledKeys(called.raw) ? { ...called, raw: JSON.stringify(called.payload) } : called;
}

const TOO_MANY_DEFERRED: CommandReason = {
  code: 'command.tooManyDeferred',
  params: { deferredMax: DEFERRED_MAX },
  text: 'too many commands wait for the end of a session',
};

function forward(turn: Turn, called: Called): void {
  const { socketId, messageId, action } = called;
  const raw = rawForCharger(turn, called);
  if (raw === null) {
    refuse(turn, called, 'command.foreignTransaction', { raw: '{"status":"Rejected"}' });
    return;
  }
  const command: ForwardedCommand = { key: turn.newUuid(), socketId, messageId, action };
  step(turn, { type: 'command.forwarded', at: turn.at, command, raw });
}

/** A status says no more than no: the reason goes with it only where the CPMS takes a message for that. */
function refuseByPolicy(turn: Turn, called: Called, reason: CommandReason): void {
  const { action } = called;
  const raw = policyRefusal16(action);
  turn.journal({ type: 'command.refused', reason: journalReason(reason, { action }) });
  const error = { code: 'GenericError', description: reason.text, details: {} };
  answerBackend(turn, called, raw === null ? { error } : { raw });
  tellReason(turn, called, 'refused', reason);
}

function answerHere(turn: Turn, called: Called, { facts, reason }: Judged): void {
  turn.journal({ type: 'command.answeredHere', reason: journalReason(reason, { action: called.action }) });
  if (facts.setting === null) {
    answerBackend(turn, called, answerProfileCommand(turn, called));
    return;
  }
  answerBackend(turn, called, { raw: '{"status":"Accepted"}' });
  keepSetting(turn, facts.setting);
}

function refuse(turn: Turn, called: Called, code: string, answer: Answer): void {
  turn.journal({ type: 'command.refused', reason: { code, params: { action: called.action } } });
  answerBackend(turn, called, answer);
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
  if (open) return open.transactionId === id ? raw : rewriteTransactionId(raw, open.transactionId);
  const namesake = sessionOf(turn, id);
  const other = namesake === null ? undefined : transactionOf(turn, namesake);
  // Never heard of: only the charger can know it. Ours, or another one's id on this charger: not to be stopped by mistake.
  return other === undefined || other.cpmsTransactionId === id ? raw : null;
}

/** The chart took the command on. */
export function sendCommand(turn: Turn, { key, messageId, action }: ForwardedCommand, raw: string): void {
  if (action === 'SendLocalList') holdLocalList(turn, key, raw);
  turn.journal({ type: 'command.forwarded', reason: { code: 'command.allowed', params: { action } } });
  callCharger(turn, { correlation: key, messageId, action, raw });
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
    return { raw: (turn.envelope.data as unknown as CallAnswered).raw };
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
