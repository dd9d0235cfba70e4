import type { SessionContext, SessionStart } from './session.messages.ts';

/** An unheard request to stop is repeated after this long. */
export const STOP_RETRY_MS = 30_000;
/** So often in a row; then the charger is asked again when it comes back. */
export const STOP_ASKS_MAX = 10;
/** Without a verdict by then the session counts as running on the local word. */
export const VERDICT_PATIENCE_MS = 30_000;

export function initialContext(input: SessionStart): SessionContext {
  return {
    ...input,
    chargerMode: 'online',
    cpmsTransactionId: null,
    verdict: null,
    registerWh: input.meterStartWh,
    registerFaults: 0,
    currentMilliamps: null,
    sampledAt: null,
    stopAsks: 0,
    stoppedAt: null,
    stopReason: null,
    energyWh: 0,
    outcome: null,
  };
}

/** OCPP 1.6, AuthorizationStatus: everything but Accepted (Blocked, Expired, Invalid, ConcurrentTx) refuses. */
export function isAccepted(status: string): boolean {
  return status === 'Accepted';
}

export function runsBackwards(context: SessionContext, energyWh: number | null): boolean {
  return energyWh !== null && energyWh < context.registerWh;
}

/** Takes a register reading in; one that runs backwards is counted, and the energy stays as it is. */
function withRegister(context: SessionContext, readingWh: number | null) {
  if (runsBackwards(context, readingWh)) return { registerFaults: context.registerFaults + 1 };
  const registerWh = readingWh ?? context.registerWh;
  return { registerWh, energyWh: registerWh - context.meterStartWh };
}

export interface Sample {
  at: number;
  energyWh: number | null;
  currentMilliamps: number[] | null;
}

export function withSample(context: SessionContext, sample: Sample): Partial<SessionContext> {
  return {
    ...withRegister(context, sample.energyWh),
    currentMilliamps: sample.currentMilliamps ?? context.currentMilliamps,
    sampledAt: sample.at,
  };
}

export interface Stop {
  at: number;
  meterStopWh: number;
  reason: string;
}

export function withStop(context: SessionContext, stop: Stop): Partial<SessionContext> {
  return {
    ...withRegister(context, stop.meterStopWh),
    stoppedAt: stop.at,
    stopReason: stop.reason,
    currentMilliamps: null,
  };
}
