import {
  type CommandContext,
  type CommandFacts,
  type CommandReason,
  type Judgement,
  judgeCommand,
} from '../../machines/shared/governance/judge.ts';
import { defaultGovernance, type GovernanceRules } from '../../machines/shared/governance/rules.ts';
import type { Json, Reason } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { booksOf, type ConnectorNote, contextOf } from './books.ts';
import type { Called } from './called.ts';
import { deferredOf } from './deferred-rows.ts';
import { chargerOf } from './outbound.ts';
import { enqueue } from './queue.ts';

/** Statuses of a connector that has a session, known here or not. */
const IN_SESSION: ReadonlySet<string> = new Set(['Charging', 'SuspendedEV', 'SuspendedEVSE']);

export interface Judged extends Judgement {
  facts: CommandFacts;
}

/** What the rules of this CPMS make of a command, or of each part of one. */
export function judge(turn: Turn, facts: CommandFacts): Judged {
  return { facts, ...judgeCommand(rulesOf(turn), facts, contextFor(turn)) };
}

function contextFor(turn: Turn): CommandContext {
  return {
    managed: contextOf(turn).managed,
    inSession: connectorsInSession(turn),
    waiting: deferredOf(turn).map(({ row }) => row),
  };
}

/** Connectors whose session a command could disturb: unknown transactions count, as the charger says that they run. */
export function connectorsInSession(turn: Turn): number[] {
  return Object.entries(booksOf(turn).connectors).flatMap(([connector, note]) =>
    Number(connector) > 0 && isInSession(note) ? [Number(connector)] : [],
  );
}

function isInSession({ session, status, statusOutlived }: ConnectorNote): boolean {
  return session !== null || (statusOutlived !== true && IN_SESSION.has(status ?? ''));
}

export function rulesOf(turn: Turn): GovernanceRules {
  const rules = turn.row<Json>('governance', chargerOf(turn)) as unknown as GovernanceRules | undefined;
  return rules ?? defaultGovernance;
}

export function journalReason({ code, params }: CommandReason, more: Record<string, Json> = {}): Reason {
  return { code, params: { ...params, ...more } };
}

/**
 * Tells the CPMS why, where the site file says that it takes such a message; OCPP 1.6 has none of its own. It goes
 * through the queue like any other, so that it is not lost while the link is down.
 */
export function tellReason(
  turn: Turn,
  { action, messageId }: Pick<Called, 'action' | 'messageId'>,
  decision: 'deferred' | 'refused' | 'expired' | 'withdrawn' | 'sent',
  { code, text }: Pick<CommandReason, 'code' | 'text'>,
): void {
  const vendorId = rulesOf(turn).reasonVendorId;
  if (vendorId === null) return;
  const data = JSON.stringify({ action, messageId, decision, code, text });
  const raw = JSON.stringify({ vendorId, messageId: 'CommandDecision', data });
  const about = { connector: null, session: null, transactionId: null };
  enqueue(turn, { lane: 'history', action: 'DataTransfer', raw, kind: 'notice', ...about });
}
