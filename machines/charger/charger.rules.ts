import type { Mode } from '../shared/mode.ts';
import {
  type AwaitedAnswer,
  awaitedMax,
  type BootStatus,
  type ChargerContext,
  type ForwardedCommand,
} from './charger.messages.ts';

/** Pure rules behind the guards and assignments of the charger's chart. */

export function hasRoomForAnswer(context: ChargerContext): boolean {
  return context.awaited.length < awaitedMax;
}

export function awaitedAnswer(context: ChargerContext, key: string): AwaitedAnswer | undefined {
  return context.awaited.find((answer) => answer.key === key);
}

/** Overdue ones are answered already: nothing is left to answer. */
export function isUnanswered(context: ChargerContext, key: string): boolean {
  return awaitedAnswer(context, key)?.overdue === false;
}

export function withAnswer(context: ChargerContext, answer: AwaitedAnswer): AwaitedAnswer[] {
  return [...context.awaited, answer];
}

/** A repeat of the same message: its newest socket and message id get the answer. */
export function withNewestAsker(
  context: ChargerContext,
  asker: { key: string; socketId: string; messageId: string },
): AwaitedAnswer[] {
  return context.awaited.map((answer) => (answer.key === asker.key ? { ...answer, ...asker } : answer));
}

/** A queued message's later verdict comes by its number; a relayed one's only by its entry, which therefore stays. */
export function withOverdue(context: ChargerContext, key: string): AwaitedAnswer[] {
  return context.awaited
    .filter((answer) => answer.key !== key || answer.kind === 'relayed')
    .map((answer) => (answer.key === key ? { ...answer, overdue: true } : answer));
}

export function withoutAnswer(context: ChargerContext, key: string): AwaitedAnswer[] {
  return context.awaited.filter((answer) => answer.key !== key);
}

export function withCommand(context: ChargerContext, command: ForwardedCommand): ForwardedCommand[] {
  return [...context.commands, command];
}

export function withoutCommand(context: ChargerContext, key: string): ForwardedCommand[] {
  return context.commands.filter((command) => command.key !== key);
}

export function bootStatusOf(status: unknown): BootStatus | null {
  return status === 'Accepted' || status === 'Pending' || status === 'Rejected' ? status : null;
}

export function isAway(mode: Mode): boolean {
  return mode === 'offline' || mode === 'fallback';
}
