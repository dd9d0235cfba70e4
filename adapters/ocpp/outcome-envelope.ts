import type { CallAnswered, CallFailed, Correlated } from '../../actors/ports.ts';
import type { OcppVersion } from '../../machines/shared/ocpp-version.ts';
import type { Address } from '../../runtime/address.ts';
import type { Incoming, Json } from '../../runtime/envelope.ts';
import type { CallOutcome } from './call-queue.ts';

interface Asked extends Correlated {
  action: string;
  version?: OcppVersion;
}

/** The envelope `south.answered`, `south.failed`, `north.answered` or `north.failed` for who asked. */
export function outcomeEnvelope(
  side: 'south' | 'north',
  asked: Asked,
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
    // The CALL went and came back in its own version: over a socket of that version, or translated.
    const data = {
      ...(asked.version === undefined ? null : { version: asked.version }),
      ...(outcome.note === undefined ? null : { note: outcome.note }),
      action: asked.action,
      raw: outcome.raw,
    } satisfies CallAnswered;
    return { ...common, type: `${side}.answered`, data, transient: outcome.payload };
  }
  const { code, description } = outcome.error;
  // Details came through JSON.parse, or are empty: they are JSON.
  const details = outcome.error.details as Record<string, Json>;
  const data = {
    action: asked.action,
    kind: outcome.why,
    error: { code, description, details },
    ...(outcome.note === undefined ? null : { note: outcome.note }),
  } satisfies CallFailed;
  return { ...common, type: `${side}.failed`, data };
}
