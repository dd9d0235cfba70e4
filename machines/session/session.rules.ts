import type { Bound, SessionContext, SessionStart, StopCause } from './session.messages.ts';

/** An unheard request to stop is repeated after this long. */
export const STOP_RETRY_MS = 30_000;
/** So often in a row; then the charger is asked again when it comes back. */
export const STOP_ASKS_MAX = 10;
/** Without a verdict by then the session counts as running on the local word. */
export const VERDICT_PATIENCE_MS = 30_000;
/**
 * Bounded in energy alone, a session that tells no reading for this long ends: unknown means worst case. Above the
 * 15 minutes at which the slowest chargers sample by default.
 */
export const UNREAD_PATIENCE_MS = 30 * 60_000;

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
    bound: null,
    stopCause: null,
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
  if (context.isStartUnread && readingWh !== null)
    return { isStartUnread: false, meterStartWh: readingWh, registerWh: readingWh };
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

/** With this reading it has drawn all that it may. */
export function reachesBound(context: SessionContext, readingWh: number | null): boolean {
  const maxEnergyWh = context.bound?.maxEnergyWh ?? null;
  if (maxEnergyWh === null || readingWh === null || runsBackwards(context, readingWh)) return false;
  return !context.isStartUnread && readingWh - context.meterStartWh >= maxEnergyWh;
}

/** A reading that decisions can rest on, and that leaves it some more. */
export function readsOn(context: SessionContext, readingWh: number | null): boolean {
  return readingWh !== null && !runsBackwards(context, readingWh) && !reachesBound(context, readingWh);
}

/** What the CPMS said on the start, and what this site makes of a refusal. */
export interface Refusal {
  status: string;
  maxEnergyWh: number | undefined;
}

/** The first word of the CPMS, and a good one, on a session that is bounded for the lack of it. */
export function liftsBound({ bound, verdict }: SessionContext, status: string): boolean {
  return isAccepted(status) && bound !== null && verdict === null;
}

/** Refused, and yet it may draw some more. */
export function mayDrawOn(context: SessionContext, { status, maxEnergyWh }: Refusal): boolean {
  if (isAccepted(status) || maxEnergyWh === undefined) return false;
  return context.energyWh < refusedBound(context, maxEnergyWh).maxEnergyWh;
}

/** A refusal loosens nothing: of what was allowed before and what is allowed now, the less counts. */
export function refusedBound(
  { bound }: SessionContext,
  maxEnergyWh: number,
): Bound & { maxEnergyWh: number } {
  return {
    cause: 'refused',
    maxEnergyWh: Math.min(bound?.maxEnergyWh ?? maxEnergyWh, maxEnergyWh),
    dueAt: bound?.dueAt ?? null,
  };
}

export function refusalCause({ energyWh }: SessionContext, { status, maxEnergyWh }: Refusal): StopCause {
  const numbers = maxEnergyWh === undefined ? {} : { energyWh, maxEnergyWh };
  return { reason: status, code: 'session.refused', params: { status, ...numbers } };
}

/** The causes below end a session that is bounded. */
export function energyCause({ bound, energyWh }: SessionContext): StopCause {
  const { cause, maxEnergyWh } = bound!;
  return {
    reason: 'energyCap',
    code: 'session.energyCapReached',
    params: { cause, energyWh, maxEnergyWh },
  };
}

export function durationCause({ bound, energyWh }: SessionContext): StopCause {
  const { cause, dueAt } = bound!;
  return { reason: 'durationCap', code: 'session.durationCapReached', params: { cause, energyWh, dueAt } };
}

export function unreadCause({ bound, energyWh }: SessionContext): StopCause {
  const { cause, maxEnergyWh } = bound!;
  return {
    reason: 'energyUnread',
    code: 'session.energyUnread',
    params: { cause, energyWh, maxEnergyWh, patienceMs: UNREAD_PATIENCE_MS },
  };
}
