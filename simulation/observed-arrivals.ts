import type { CpmsCall } from './cpms-options.ts';
import { type KeyForm, messageOf } from './message-key.ts';

export interface Arrival {
  /** Order in which the CPMS got the transaction messages of this station. */
  position: number;
  call: CpmsCall;
}

/** The transaction messages of one station as the CPMS got them. */
export interface Arrivals {
  /** First arrival by content key; `call` is the one that was answered with a CALLRESULT. */
  delivered: ReadonlyMap<string, Arrival>;
  /** Keys that were answered with a CALLERROR at least once. */
  refused: ReadonlySet<string>;
  duplicates: number;
  permittedRepeats: number;
}

/** Sorts the CALLs of one station into first arrivals, permitted repeats, retries after an error and duplicates. */
export function judgeArrivals(calls: readonly CpmsCall[], form: KeyForm): Arrivals {
  const first = new Map<string, number>();
  const previousOf = new Map<string, CpmsCall>();
  const delivered = new Map<string, Arrival>();
  const refused = new Set<string>();
  let duplicates = 0;
  let permittedRepeats = 0;
  let last: CpmsCall | null = null;
  let position = 0;
  for (const call of calls) {
    const known = messageOf(call.action, call.payload, form);
    if (known === null) continue;
    const { key } = known;
    const previous = previousOf.get(key);
    if (!first.has(key)) first.set(key, position);
    if (previous && previous.outcome !== 'error') {
      if (isPermittedRepeat(call, previous, last)) permittedRepeats += 1;
      else duplicates += 1;
    }
    if (call.outcome === 'error') refused.add(key);
    if (call.outcome === 'result' && !delivered.has(key))
      delivered.set(key, { position: first.get(key)!, call });
    previousOf.set(key, call);
    last = call;
    position += 1;
  }
  return { delivered, refused, duplicates, permittedRepeats };
}

/**
 * Only the message in doubt may come again, at once, with the same id and bytes: after a new connection, or on the
 * same one when it was never answered.
 */
function isPermittedRepeat(call: CpmsCall, previous: CpmsCall, last: CpmsCall | null): boolean {
  const wasInterrupted = call.connection !== previous.connection || previous.outcome === 'none';
  return last === previous && wasInterrupted && call.raw === previous.raw;
}
