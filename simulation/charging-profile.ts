import { integerOf, isPayload, type Payload, textOf } from './ocpp-j.ts';
import { PHASE_VOLTS } from './three-phase.ts';

export type ProfilePurpose = 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile';
export type ProfileKind = 'Absolute' | 'Relative' | 'Recurring';

export interface ProfilePeriod {
  startMs: number;
  /** Amperes or watts, by the profile's unit, as it came. */
  limit: number;
  phases: number;
}

/** A ChargingProfile as a charger keeps it; instants in wall milliseconds. */
export interface ChargingProfile {
  id: number;
  stackLevel: number;
  purpose: ProfilePurpose;
  kind: ProfileKind;
  recurrency: 'Daily' | 'Weekly' | null;
  transactionId: number | string | null;
  validFromMs: number | null;
  validToMs: number | null;
  startMs: number | null;
  durationMs: number | null;
  unit: 'A' | 'W';
  periods: readonly ProfilePeriod[];
}

/** ChargingScheduleMaxPeriods of the simulated charger. */
export const PERIODS_MAX = 24;

const DAY_MS = 86_400_000;

/** From the form that 1.6 has; null when the payload is no profile that this charger could carry out. */
export function parseChargingProfile(value: unknown): ChargingProfile | null {
  if (!isPayload(value) || !isPayload(value.chargingSchedule)) return null;
  const schedule = value.chargingSchedule;
  const periods = parsePeriods(schedule.chargingSchedulePeriod);
  const purpose = oneOf(value.chargingProfilePurpose, [
    'ChargePointMaxProfile',
    'TxDefaultProfile',
    'TxProfile',
  ]);
  const kind = oneOf(value.chargingProfileKind, ['Absolute', 'Relative', 'Recurring']);
  const unit = oneOf(schedule.chargingRateUnit, ['A', 'W']);
  const id = integerOf(value.chargingProfileId);
  const stackLevel = integerOf(value.stackLevel);
  if (!periods || !purpose || !kind || !unit || id === null || stackLevel === null || stackLevel < 0)
    return null;
  const durationSeconds = integerOf(schedule.duration);
  return {
    id,
    stackLevel,
    purpose,
    kind,
    unit,
    periods,
    recurrency: oneOf(value.recurrencyKind, ['Daily', 'Weekly']),
    transactionId: integerOf(value.transactionId) ?? textOf(value.transactionId),
    validFromMs: instantMs(value.validFrom),
    validToMs: instantMs(value.validTo),
    startMs: instantMs(schedule.startSchedule),
    durationMs: durationSeconds === null ? null : durationSeconds * 1_000,
  };
}

/**
 * The limit this profile alone sets at `atMs`, milliamps per phase; null when it says nothing then.
 * A Relative profile, and an Absolute one without startSchedule, counts from the start of the transaction.
 */
export function profileLimitMilliamps(
  profile: ChargingProfile,
  atMs: number,
  transactionStartedAtMs: number | null,
): number | null {
  if (profile.validFromMs !== null && atMs < profile.validFromMs) return null;
  if (profile.validToMs !== null && atMs >= profile.validToMs) return null;
  const offsetMs = atMs - scheduleStartMs(profile, atMs, transactionStartedAtMs);
  if (offsetMs < 0 || (profile.durationMs !== null && offsetMs >= profile.durationMs)) return null;
  const period = profile.periods.findLast((candidate) => candidate.startMs <= offsetMs);
  if (!period) return null;
  if (profile.unit === 'A') return Math.round(period.limit * 1_000);
  return Math.floor((period.limit * 1_000) / PHASE_VOLTS / period.phases);
}

function scheduleStartMs(
  profile: ChargingProfile,
  atMs: number,
  transactionStartedAtMs: number | null,
): number {
  if (profile.kind === 'Relative' || profile.startMs === null) return transactionStartedAtMs ?? atMs;
  if (profile.kind === 'Absolute' || atMs < profile.startMs) return profile.startMs;
  const cycleMs = profile.recurrency === 'Weekly' ? 7 * DAY_MS : DAY_MS;
  return atMs - ((atMs - profile.startMs) % cycleMs);
}

function parsePeriods(value: unknown): ProfilePeriod[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > PERIODS_MAX) return null;
  const periods: ProfilePeriod[] = [];
  for (const item of value as unknown[]) {
    const period = isPayload(item) ? parsePeriod(item) : null;
    if (!period || period.startMs < (periods.at(-1)?.startMs ?? 0)) return null;
    periods.push(period);
  }
  return periods[0]!.startMs === 0 ? periods : null;
}

function parsePeriod(item: Payload): ProfilePeriod | null {
  const startSeconds = integerOf(item.startPeriod);
  const { limit } = item;
  if (startSeconds === null || typeof limit !== 'number' || !(limit >= 0)) return null;
  return { startMs: startSeconds * 1_000, limit, phases: integerOf(item.numberPhases) ?? 3 };
}

function instantMs(value: unknown): number | null {
  const text = textOf(value);
  const wallMs = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(wallMs) ? null : wallMs;
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T | null {
  return allowed.find((candidate) => candidate === value) ?? null;
}
