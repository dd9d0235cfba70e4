import type { AwaitedAnswer } from '../../machines/charger/charger.messages.ts';
import { awaitedAnswer } from '../../machines/charger/charger.rules.ts';
import { maskIdTag } from '../../machines/shared/idtag.ts';
import type { IdToken } from '../../machines/shared/mapping/id-token.ts';
import { idTagFor } from '../../machines/shared/mapping/up/id-tag.ts';
import { NEUTRAL_ANSWERS } from '../../machines/shared/mapping/up/no-counterpart.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import { idTagInfoOf } from '../../machines/shared/ocpp16.ts';
import { rfc3339 } from '../../machines/shared/rfc3339.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallAnswered, CallFailed } from '../ports.ts';
import { authoriseLocally, rememberVerdict } from './authorise.ts';
import { awaitAnswer, settle } from './awaiting.ts';
import { contextOf, isBackendOnline } from './books.ts';
import { acceptBoot, bootAnswered } from './boot.ts';
import { type Called, payloadOf } from './called.ts';
import { noteIdentity } from './edge-facts.ts';
import { answerCharger, callBackend } from './outbound.ts';

/** Upstream has this long for a CALL that has no answer budget of its own; most chargers give up after 30 s. */
const RELAY_TIMEOUT_MS = 25_000;
/** A verdict on a card is of use even when its charger was answered long ago. */
const VERDICT_TIMEOUT_MS = 30_000;
/** Should no outcome be told at all, local policy answers after this. */
const RELAY_DEADLINE_MS = 30_000;

/** Passes a CALL of the charger upstream and its answer back, both as they stand; local policy where upstream is away. */
export function relayCalled(turn: Turn, called: Called): void {
  const { socketId, messageId, action, raw, version, payload } = called;
  const isAuthorize = action === 'Authorize';
  const isBoot = action === 'BootNotification';
  if (isBoot) noteIdentity(turn, called);
  const answer: AwaitedAnswer = {
    key: turn.newUuid(),
    kind: 'relayed',
    socketId,
    messageId,
    action,
    idTag: isAuthorize ? idTagIn(payload) : null,
    raw: isBoot ? raw : null,
    ...ofVersion(version),
    overdue: false,
  };
  if (!isBackendOnline(turn)) {
    answerRelayLocally(turn, answer, 'backendAway');
    return;
  }
  const deadlineMs = isAuthorize ? contextOf(turn).answerBudgetMs : RELAY_DEADLINE_MS;
  awaitAnswer(turn, answer, deadlineMs);
  if (!awaitedAnswer(contextOf(turn), answer.key)) return;
  const timeoutMs = isAuthorize ? VERDICT_TIMEOUT_MS : RELAY_TIMEOUT_MS;
  callBackend(turn, { correlation: answer.key, messageId, action, raw, ...ofVersion(version), timeoutMs });
}

/** The CPMS answered a relayed CALL. Nobody waits for it any more when the charger's socket was lost meanwhile. */
export function relayAnswered(turn: Turn): void {
  const { raw, version, note } = turn.envelope.data as unknown as CallAnswered;
  const answer = settle(turn, turn.envelope.correlation ?? '');
  if (!answer) return;
  const payload = payloadOf(turn, raw);
  if (answer.idTag !== null) verdictCame(turn, answer, answer.idTag, payload);
  if (answer.overdue) return;
  if (note !== undefined) journalNote(turn, answer, note);
  answerCharger(turn, answer, { raw, ...ofVersion(version) });
  if (answer.action === 'BootNotification') bootAnswered(turn, payload.status);
}

function verdictCame(
  turn: Turn,
  { overdue }: AwaitedAnswer,
  idTag: string,
  payload: Record<string, unknown>,
): void {
  const info = idTagInfoOf(payload);
  if (!info) return;
  rememberVerdict(turn, idTag, info);
  turn.journal({
    type: overdue ? 'authorise.lateVerdict' : 'authorise.decided',
    reason: { code: 'authorise.backend', params: { idTag: maskIdTag(idTag), status: info.status } },
  });
}

/** Only an explicit error is the CPMS's answer; anything else means that there is none. */
export function relayFailed(turn: Turn): void {
  const { kind, error } = turn.envelope.data as unknown as CallFailed;
  const answer = settle(turn, turn.envelope.correlation ?? '');
  if (!answer || answer.overdue) return;
  if (kind === 'error') answerCharger(turn, answer, { error });
  else answerRelayLocally(turn, answer, kind);
}

/** The answer of this site in place of the CPMS's. `cause` says why, and is part of the journalled reason. */
export function answerRelayLocally(turn: Turn, answer: AwaitedAnswer, cause: string): void {
  switch (answer.action) {
    case 'BootNotification':
      acceptBoot(turn, answer, { raw: answer.raw ?? '{}', ...ofVersion(answer.version) });
      return;
    case 'Heartbeat':
      answerCharger(turn, answer, { raw: JSON.stringify({ currentTime: rfc3339(turn.at) }) });
      return;
    case 'Authorize':
      authoriseHere(turn, answer, answer.idTag ?? '', cause);
      return;
    case 'DataTransfer':
    case 'SignCertificate':
      answerCharger(turn, answer, { raw: '{"status":"Rejected"}' });
      return;
    default:
      // What 2.0.1 alone reports of the moment is of no use later: taken, and not passed on.
      if (answer.version === '2.0.1' && answer.action in NEUTRAL_ANSWERS) {
        journalNote(turn, answer, 'the backend is not connected');
        answerCharger(turn, answer, { raw: '{}' });
        return;
      }
      answerCharger(turn, answer, {
        error: { code: 'InternalError', description: 'the backend is not connected', details: {} },
      });
  }
}

function idTagIn({ idTag, idToken }: Record<string, unknown>): string {
  return typeof idTag === 'string' ? idTag : idTagFor(idToken as IdToken);
}

function ofVersion(version: OcppVersion | undefined): { version?: OcppVersion } {
  return version === undefined ? {} : { version };
}

/** Part of the message, or all of it, did not go through. */
function journalNote(turn: Turn, { action }: AwaitedAnswer, note: string): void {
  turn.journal({
    type: 'message.notPassedOn',
    reason: { code: 'message.translated', params: { action, note } },
  });
}

function authoriseHere(turn: Turn, answer: AwaitedAnswer, idTag: string, cause: string): void {
  const { status, ground } = authoriseLocally(turn, idTag);
  turn.journal({
    type: 'authorise.decided',
    reason: { code: `authorise.${ground}`, params: { idTag: maskIdTag(idTag), status, cause } },
  });
  answerCharger(turn, answer, { raw: JSON.stringify({ idTagInfo: { status } }) });
}
