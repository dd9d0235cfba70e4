import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { SouthCalled } from '../ports.ts';
import type { QueueRow } from '../tells.ts';

/** The TransactionEvent of 2.0.1 that a CALL in 1.6 form stands for. */
export interface CalledEvent {
  /** What the charger calls the transaction. */
  id: string;
  /** Null while there is none yet. */
  session: string | null;
  contentKey: string;
  raw: string;
  /** The charger lets this one charge without a card. */
  isFree?: boolean;
  /** Nobody told the reading at which it began. */
  isStartUnread?: boolean;
}

/** A CALL of the charger, or of the CPMS, with its payload parsed; with `event` the rest is the 1.6 form of that. */
export interface Called extends SouthCalled {
  payload: Record<string, unknown>;
  event?: CalledEvent;
}

/** What goes upstream of a CALL: as it came, and beside it what an event of 2.0.1 says in 1.6. */
export function textsOf({
  action,
  raw,
  version,
  event,
}: Called): Pick<QueueRow, 'action' | 'raw' | 'version' | 'in16'> {
  if (event) return { action: 'TransactionEvent', raw: event.raw, version: '2.0.1', in16: { action, raw } };
  return version === undefined ? { action, raw } : { action, raw, version };
}

/** The adapter hands the parsed payload along; only the raw text is stored, so a turn run again parses it itself. */
export function calledOf(turn: Turn): Called {
  const called = turn.envelope.data as unknown as SouthCalled;
  return { ...called, payload: payloadOf(turn, called.raw) };
}

export function payloadOf(turn: Turn, raw: string): Record<string, unknown> {
  return (turn.envelope.transient ?? JSON.parse(raw)) as Record<string, unknown>;
}
