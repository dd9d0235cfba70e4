import { deferralAnswer16 } from '../../machines/shared/governance/commands16.ts';
import { deferralAnswer201 } from '../../machines/shared/governance/commands201.ts';
import { type CommandReason, overlaps } from '../../machines/shared/governance/judge.ts';
import { parsePayload } from '../../machines/shared/ocpp16.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { DeferredRow } from '../command-rows.ts';
import type { CallAnswered, CallFailed } from '../ports.ts';
import { booksOf, contextOf, modeOfTurn, patchBooks, step } from './books.ts';
import type { Called } from './called.ts';
import {
  DEFERRED_MAX,
  type Deferred,
  deferredKey,
  deferredOf,
  isInTheWay,
  isSame,
  putDeferred,
  removeDeferred,
} from './deferred-rows.ts';
import { connectorsInSession, type Judged, journalReason, rulesOf, tellReason } from './governance.ts';
import { type Answer, callCharger, chargerOf, tell } from './outbound.ts';

/** Commands that wait for the end of a session. Each is sent at most once: its row goes in the turn that sends it. */

/** The session is over and the charger is not there: it gets this long to come back. */
const SOCKET_WAIT_MS = 60_000;
/** A clock that is put back by less is being kept right, not set. */
const CLOCK_SLACK_MS = 60_000;
const RUN = 'deferred:';

/** Keeps the command, and says how its CPMS is answered at once; null when too many wait already. */
export function deferCommand(turn: Turn, called: Called, { facts, reason }: Judged): Answer | null {
  const { action, raw, messageId, version } = called;
  const answer = version === undefined ? deferralAnswer16(action) : deferralAnswer201(action);
  const { name, connector } = facts;
  const waiting = deferredOf(turn);
  const older = waiting.filter(({ row }) => isSame(row, facts));
  if (answer === null || waiting.length - older.length >= DEFERRED_MAX) return null;
  for (const one of older) drop(turn, one, 'withdrawn', WORDS.replaced);
  const key = deferredKey(turn);
  const expiresAt = turn.at + rulesOf(turn).deferralMaxMs;
  const row: DeferredRow = {
    name,
    connector,
    action,
    raw,
    ...(version === undefined ? {} : { version }),
    messageId,
    deferredAt: turn.at,
    expiresAt,
    reason: journalReason(reason),
  };
  putDeferred(turn, key, row);
  turn.journal({
    type: 'command.deferred',
    reason: journalReason(reason, { action, messageId }),
    data: { key, expiresAt },
  });
  tellReason(turn, called, 'deferred', reason);
  watchExpiry(turn);
  return version === undefined ? { raw: answer } : { raw: answer, version };
}

const WORDS = {
  replaced: { code: 'command.replaced', text: 'a newer command of this kind took its place' },
  expired: { code: 'command.deferralExpired', text: 'the session did not end in time' },
  noSocket: { code: 'command.noSocket', text: 'the charger was not connected when the session was over' },
  sessionOver: { code: 'command.sessionOver', text: 'the session is over' },
} as const;

/** Something happened that deferred commands may have waited for; a turn of its own sends them, behind the answers of this one. */
export function wakeDeferred(turn: Turn): void {
  if (booksOf(turn).isDeferring === true) tell(turn, turn.self, 'charger.deferredDue', {});
}

/** Sends what may be sent now, drops what waited too long. */
export function runDeferred(turn: Turn): void {
  const inSession = connectorsInSession(turn);
  const stillWaiting: DeferredRow[] = [];
  for (const deferred of deferredOf(turn)) {
    const { key, row } = deferred;
    const isSession = inSession.some((connector) => overlaps(connector, row.connector));
    const isBehind = stillWaiting.some((earlier) => isInTheWay(earlier, row));
    if (isOver(turn.at, row)) drop(turn, deferred, 'expired', row.isOverdue ? WORDS.noSocket : WORDS.expired);
    else if (!isSession && !isBehind && mayBeSent(turn)) send(turn, deferred);
    else {
      stillWaiting.push(row);
      if (!isSession && !row.isOverdue && modeOfTurn(turn) !== 'online')
        putDeferred(turn, key, {
          ...row,
          isOverdue: true,
          expiresAt: Math.min(row.expiresAt, turn.at + SOCKET_WAIT_MS),
        });
    }
  }
  watchExpiry(turn);
}

/** Before the clock was put back the command was deferred nobody knows how long ago: it counts as too long. */
function isOver(at: number, { deferredAt, expiresAt }: DeferredRow): boolean {
  return at >= expiresAt || at < deferredAt - CLOCK_SLACK_MS;
}

/** Not while the charger waits for the answer to its Stop: a Reset would have it forget that it sent one. */
function mayBeSent(turn: Turn): boolean {
  const waitsForStop = contextOf(turn).awaited.some(
    ({ action, overdue }) => action === 'StopTransaction' && !overdue,
  );
  return modeOfTurn(turn) === 'online' && !waitsForStop;
}

function send(turn: Turn, { key, row }: Deferred): void {
  const { action, raw, version, messageId } = row;
  removeDeferred(turn, key);
  turn.putRow(runTable(turn), key, { action, messageId });
  turn.journal({
    type: 'command.deferredSent',
    reason: { code: WORDS.sessionOver.code, params: { action, messageId } },
    data: { key },
  });
  tellReason(turn, row, 'sent', WORDS.sessionOver);
  callCharger(turn, {
    correlation: `${RUN}${key}`,
    action,
    raw,
    ...(version === undefined ? {} : { version }),
  });
}

function drop(
  turn: Turn,
  { key, row }: Deferred,
  decision: 'expired' | 'withdrawn',
  why: Pick<CommandReason, 'code' | 'text'>,
): void {
  const { action, messageId } = row;
  removeDeferred(turn, key);
  turn.journal({
    type: `command.${decision}`,
    reason: { code: why.code, params: { action, messageId } },
    data: { key },
  });
  tellReason(turn, row, decision, why);
}

function watchExpiry(turn: Turn): void {
  const expiries = deferredOf(turn).map(({ row }) => row.expiresAt);
  const isDeferring = expiries.length > 0;
  if (isDeferring !== (booksOf(turn).isDeferring ?? false)) patchBooks(turn, { isDeferring });
  if (!isDeferring) step(turn, { type: 'deferrals.ended', at: turn.at });
  else
    step(turn, {
      type: 'deferrals.scheduled',
      at: turn.at,
      delayMs: Math.max(0, Math.min(...expiries) - turn.at),
    });
}

export function isDeferredRun(correlation: string): boolean {
  return correlation.startsWith(RUN);
}

/** The charger answered a deferred command, or did not. The CPMS had its answer long ago. */
export function deferredEnded(turn: Turn, correlation: string): void {
  const key = correlation.slice(RUN.length);
  const run = turn.row<Json>(runTable(turn), key) as unknown as DeferredRun | undefined;
  if (!run) return;
  turn.removeRow(runTable(turn), key);
  const { data, type } = turn.envelope;
  const outcome =
    type === 'south.answered'
      ? String(parsePayload((data as unknown as CallAnswered).raw)?.status ?? 'answered')
      : (data as unknown as CallFailed).kind;
  turn.journal({
    type: 'command.deferredAnswered',
    reason: { code: 'charger.answered', params: { ...run, outcome } },
    data: { key },
  });
}

/** The process ended while these were out: they are never sent again. */
export function reportLostRuns(turn: Turn): void {
  for (const { key, value } of turn.rows<Json>(runTable(turn))) {
    turn.removeRow(runTable(turn), key);
    const { action, messageId } = value as unknown as DeferredRun;
    turn.journal({
      type: 'command.outcomeUnknown',
      reason: { code: 'process.restarted', params: { action, messageId } },
    });
  }
}

interface DeferredRun {
  action: string;
  messageId: string;
}

function runTable(turn: Turn): string {
  return `deferredRun/${chargerOf(turn)}`;
}
