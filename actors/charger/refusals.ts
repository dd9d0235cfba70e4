import type { CommandReason } from '../../machines/shared/governance/judge.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallErrorData } from '../ports.ts';
import { modeOfTurn } from './books.ts';
import type { Called } from './called.ts';
import { DEFERRED_MAX } from './deferred-rows.ts';
import { journalReason, tellReason } from './governance.ts';
import type { Answer } from './outbound.ts';

/** What the refusals of commands have in common, whatever version their CPMS speaks. */

export const TOO_MANY_DEFERRED: CommandReason = {
  code: 'command.tooManyDeferred',
  params: { deferredMax: DEFERRED_MAX },
  text: 'too many commands wait for the end of a session',
};

export function isChargerAway(turn: Turn): boolean {
  const mode = modeOfTurn(turn);
  return mode === 'offline' || mode === 'fallback';
}

/** A status says no more than no: the reason goes with it only where the CPMS takes a message for that. */
export function journalRefused(turn: Turn, called: Called, reason: CommandReason): void {
  turn.journal({ type: 'command.refused', reason: journalReason(reason, { action: called.action }) });
  tellReason(turn, called, 'refused', reason);
}

/** Refused for what is, not by a rule. */
export function refusal(turn: Turn, { action }: Called, code: string, answer: Answer): Answer {
  turn.journal({ type: 'command.refused', reason: { code, params: { action } } });
  return answer;
}

export function refusedWithError({ text }: Pick<CommandReason, 'text'>): Answer {
  return { error: { code: 'GenericError', description: text, details: {} } };
}

export function internalError(description: string): CallErrorData {
  return { code: 'InternalError', description, details: {} };
}
