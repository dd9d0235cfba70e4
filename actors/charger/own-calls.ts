import { parsePayload } from '../../machines/shared/ocpp16.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { CallAnswered, CallFailed } from '../ports.ts';
import type { Tells } from '../tells.ts';
import { modeOfTurn, noteOf, step } from './books.ts';
import { callCharger } from './outbound.ts';
import { factsForCharger, transactionOf } from './transaction-rows.ts';

/** CALLs to the charger that this actor makes for itself; their correlations tell them from forwarded commands. */
const BOOT = 'own:boot';
const STATUS = 'own:status:';
const STOP = 'own:stop:';

export function isOwn(correlation: string): boolean {
  return correlation.startsWith('own:');
}

export function askBoot(turn: Turn): void {
  trigger(turn, BOOT, { requestedMessage: 'BootNotification' });
}

export function askStatuses(turn: Turn, connectors: readonly number[]): void {
  for (const connectorId of connectors) {
    trigger(turn, `${STATUS}${connectorId}`, { requestedMessage: 'StatusNotification', connectorId });
  }
}

function trigger(turn: Turn, correlation: string, payload: Record<string, unknown>): void {
  callCharger(turn, { correlation, action: 'TriggerMessage', raw: JSON.stringify(payload) });
}

/** A session wants its transaction stopped. Sent only while it can be; a session that still wants it asks again. */
export function stopWanted(turn: Turn): void {
  const { session, reason } = turn.envelope.data as unknown as Tells['charger.stopWanted'];
  const transaction = transactionOf(turn, session);
  const hindrance = stopHindrance(turn, session);
  const code = hindrance === null ? 'session.stopWanted' : `stop.${hindrance}`;
  turn.journal({
    type: hindrance === null ? 'stop.sent' : 'stop.notSent',
    session,
    reason: { code, params: { reason } },
  });
  if (hindrance !== null || !transaction) return;
  callCharger(turn, {
    correlation: `${STOP}${session}`,
    action: 'RemoteStopTransaction',
    raw: JSON.stringify({ transactionId: transaction.transactionId }),
    ...factsForCharger(transaction),
    cut: true,
  });
}

/** Why a stop cannot be sent; null when it can. */
function stopHindrance(turn: Turn, session: string): string | null {
  const transaction = transactionOf(turn, session);
  if (transaction?.state !== 'open') return 'notOpen';
  const mode = modeOfTurn(turn);
  if (mode === 'offline' || mode === 'fallback') return 'chargerAway';
  return noteOf(turn, transaction.connector).transactionId === null ? 'chargerWithoutId' : null;
}

/** The charger answered, or did not answer, a CALL of our own. */
export function ownCallEnded(turn: Turn, correlation: string): void {
  const { data, type } = turn.envelope;
  const outcome =
    type === 'south.answered'
      ? String(parsePayload((data as unknown as CallAnswered).raw)?.status)
      : (data as unknown as CallFailed).kind;
  if (correlation.startsWith(STOP)) {
    const session = correlation.slice(STOP.length);
    turn.journal({
      type: 'stop.answered',
      session,
      reason: { code: 'charger.answered', params: { outcome } },
    });
  } else if (outcome !== 'Accepted' && modeOfTurn(turn) === 'resync') {
    // Not everybody knows TriggerMessage: what cannot be asked for is not waited for.
    if (correlation === BOOT) step(turn, { type: 'boot.refused', at: turn.at });
    else
      step(turn, {
        type: 'status.reported',
        at: turn.at,
        connector: Number(correlation.slice(STATUS.length)),
      });
  }
}
