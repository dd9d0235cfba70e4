import { commandsMax, type ForwardedCommand } from '../../machines/charger/charger.messages.ts';
import { factsOf16, policyRefusal16 } from '../../machines/shared/governance/commands16.ts';
import type { CommandReason } from '../../machines/shared/governance/judge.ts';
import { parsePayload, refusalOf } from '../../machines/shared/ocpp16.ts';
import { hasDoubledKeys, rewriteTransactionId } from '../../machines/shared/raw-json.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallAnswered, CallFailed } from '../ports.ts';
import { clearCache } from './authorise.ts';
import { contextOf, step } from './books.ts';
import { type Called, calledOf } from './called.ts';
import { aboutTransaction } from './command-words.ts';
import { commandIn201 } from './command201.ts';
import { deferCommand } from './deferred.ts';
import { type Judged, journalReason, judge } from './governance.ts';
import { holdLocalList, settleLocalList } from './local-list.ts';
import { type Answer, answerBackend, callCharger } from './outbound.ts';
import { answerProfileCommand } from './profiles.ts';
import {
  internalError,
  isChargerAway,
  journalRefused,
  refusal,
  refusedWithError,
  TOO_MANY_DEFERRED,
} from './refusals.ts';
import { withoutProfile } from './remote-start.ts';
import { keepSetting, withSettings, withSettings201 } from './settings.ts';
import { openByCpmsId, sessionOf, transactionOf } from './transaction-rows.ts';
import { withQueue } from './transaction-status.ts';

/** A CALL of the CPMS: answered here where it is ours or the charger is away, else forwarded as it stands. */
export function northCalled(turn: Turn): void {
  const called = asJudged(calledOf(turn));
  if (called.version === '2.0.1') {
    commandIn201(turn, called);
    return;
  }
  const answer = decide(turn, called, judge(turn, factsOf16(called.action, called.payload)));
  if (answer) answerBackend(turn, called, answer);
  else forward(turn, called);
}

/** The answer where the command is not to be forwarded now. */
function decide(turn: Turn, called: Called, judged: Judged): Answer | null {
  if (judged.outcome === 'refuse') return refusalByPolicy(turn, called, judged.reason);
  if (judged.outcome === 'answer') return answerHere(turn, called, judged);
  if (isChargerAway(turn)) return refusal(turn, called, 'command.chargerAway', answerWhenAway(called.action));
  if (judged.outcome === 'forward') return null;
  return deferCommand(turn, called, judged) ?? refusalByPolicy(turn, called, TOO_MANY_DEFERRED);
}

/** What was judged is what is sent, should the text have two readings. */
function asJudged(called: Called): Called {
  return hasDoubledKeys(called.raw) ? { ...called, raw: JSON.stringify(called.payload) } : called;
}

/** As it came. */
function forward(turn: Turn, called: Called): void {
  const { socketId, messageId, action } = called;
  const raw = rawForCharger(turn, called);
  if (raw === null) {
    answerBackend(
      turn,
      called,
      refusal(turn, called, 'command.foreignTransaction', { raw: '{"status":"Rejected"}' }),
    );
    return;
  }
  const command: ForwardedCommand = { key: turn.newUuid(), socketId, messageId, action };
  step(turn, { type: 'command.forwarded', at: turn.at, command, raw });
}

/** A status says no more than no: the reason goes with it only where the CPMS takes a message for that. */
function refusalByPolicy(turn: Turn, called: Called, reason: CommandReason): Answer {
  const { action } = called;
  const raw = policyRefusal16(action);
  journalRefused(turn, called, reason);
  return raw === null ? refusedWithError(reason) : { raw };
}

function answerHere(turn: Turn, called: Called, { facts, reason }: Judged): Answer {
  turn.journal({ type: 'command.answeredHere', reason: journalReason(reason, { action: called.action }) });
  if (facts.setting === null) return answerProfileCommand(turn, called);
  keepSetting(turn, facts.setting);
  return { raw: '{"status":"Accepted"}' };
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
  answerBackend(turn, command, 'raw' in outcome ? withOurs(turn, command.action, outcome) : outcome);
}

/** What the charger cannot know of: the settings that are kept here, and what waits in the queue. */
function withOurs(turn: Turn, action: string, answer: Answer & { raw: string }): Answer {
  if (action === 'GetConfiguration') return { raw: withSettings(turn, answer.raw) };
  if (action === 'GetVariables') return { ...answer, raw: withSettings201(turn, answer.raw) };
  if (action === 'GetTransactionStatus') return { ...answer, raw: withQueue(turn, answer.raw) };
  return answer;
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
