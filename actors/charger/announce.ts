import type { AwaitedAnswer, ForwardedCommand, ModeCause } from '../../machines/charger/charger.messages.ts';
import { addressOf } from '../../runtime/address.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { Mode } from '../tells.ts';
import { connectorsOf, contextOf, noteUnconfirmed, openSessions } from './books.ts';
import { wakeDeferred } from './deferred.ts';
import { noteOutage } from './exposure.ts';
import { dropHeldLocalLists } from './local-list.ts';
import { chargerOf, tell } from './outbound.ts';
import { wakeLinkForRest } from './queue.ts';
import { reconcileSettings } from './settings.ts';
import { abortUnconfirmed } from './status.ts';
import { wordOf } from './words.ts';

/** The charger changed its mode: everybody who counts on it is told. */
export function announceMode(turn: Turn, mode: Mode, cause: ModeCause): void {
  const charger = chargerOf(turn);
  const connectors = connectorsOf(turn);
  turn.journal({ type: 'charger.modeChanged', reason: { code: `charger.${cause}` }, data: { mode } });
  for (const connector of connectors) {
    const to = addressOf('connector', charger, connector);
    tell(turn, to, 'connector.linkChanged', { mode }, { connector });
  }
  for (const { session } of openSessions(turn)) {
    tell(turn, addressOf('session', session), 'session.chargerChanged', { mode }, { session });
  }
  if (contextOf(turn).managed)
    tell(turn, 'budget/site', 'budget.chargerChanged', { charger, mode, connectors });
  if (mode !== 'online') return;
  for (const connector of connectors) abortUnconfirmed(turn, connector);
  reconcileSettings(turn);
  wakeDeferred(turn);
}

export function announceBackend(turn: Turn, mode: Mode): void {
  noteOutage(turn, mode);
  for (const { session } of openSessions(turn)) {
    tell(turn, addressOf('session', session), 'session.backendChanged', { mode }, { session });
  }
  if (mode === 'online') wakeLinkForRest(turn);
}

/** The socket on which the charger waited is gone: it repeats what it wants answered, or forgot it. */
export function reportDroppedAnswers(turn: Turn, answers: readonly AwaitedAnswer[]): void {
  for (const { kind, key, overdue } of answers) {
    const word = kind === 'queued' && !overdue ? wordOf(turn, Number(key)) : undefined;
    if (word?.kind === 'start' && word.session !== null) noteUnconfirmed(turn, word.session);
  }
}

/** The process ended while these were out. They are never sent again: the CPMS asks anew if it still wants them. */
export function reportUnknownOutcomes(turn: Turn, commands: readonly ForwardedCommand[]): void {
  dropHeldLocalLists(turn);
  for (const { action, messageId } of commands) {
    turn.journal({
      type: 'command.outcomeUnknown',
      reason: { code: 'process.restarted', params: { action, messageId } },
    });
  }
}
