import type { CallAnswered, CallFailed, Correlated } from '../../actors/ports.ts';
import type { Address } from '../../runtime/address.ts';
import type { Incoming, Json } from '../../runtime/envelope.ts';
import type { CallOutcome } from './call-queue.ts';

/** The envelope `south.answered`, `south.failed`, `north.answered` or `north.failed` for who asked. */
export function outcomeEnvelope(
  side: 'south' | 'north',
  asked: Correlated & { action: string },
  charger: string,
  outcome: CallOutcome,
): Incoming {
  const common = {
    from: `${side}/${charger}` as Address,
    to: asked.replyTo as Address,
    charger,
    correlation: asked.correlation,
  };
  if (outcome.kind === 'answered') {
    const data = { action: asked.action, raw: outcome.raw } satisfies CallAnswered;
    return { ...common, type: `${side}.answered`, data, transient: outcome.payload };
  }
  const { code, description } = outcome.error;
  // Details came through JSON.parse, or are empty: they are JSON.
  const details = outcome.error.details as Record<string, Json>;
  const data = {
    action: asked.action,
    kind: outcome.why,
    error: { code, description, details },
  } satisfies CallFailed;
  return { ...common, type: `${side}.failed`, data };
}
