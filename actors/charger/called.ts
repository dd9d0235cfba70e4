import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { SouthCalled } from '../ports.ts';

/** A CALL of the charger, or of the CPMS, with its payload parsed. */
export interface Called extends SouthCalled {
  payload: Record<string, unknown>;
}

/** The adapter hands the parsed payload along; only the raw text is stored, so a turn run again parses it itself. */
export function calledOf(turn: Turn): Called {
  const called = turn.envelope.data as unknown as SouthCalled;
  return { ...called, payload: payloadOf(turn, called.raw) };
}

export function payloadOf(turn: Turn, raw: string): Record<string, unknown> {
  return (turn.envelope.transient ?? JSON.parse(raw)) as Record<string, unknown>;
}
