import type {
  ChargingSchedule,
  ChargingSchedulePeriod,
  CsChargingProfiles,
} from '../../charging-profile-types.ts';
import { isBadInstant, optionalInstant } from '../instants.ts';
import type { LostField, Payload } from '../mapping.ts';
import { fields, isRefusal, type Refusal, refusal } from '../outcome.ts';

/**
 * Charging profiles from version to version. A limit never becomes higher by it, holds for no shorter time and for
 * no smaller part of the charger: what the other version cannot hold without that is refused.
 */

export interface ChargingSchedule201 {
  id: number;
  startSchedule?: string;
  duration?: number;
  chargingRateUnit: string;
  chargingSchedulePeriod: Array<ChargingSchedulePeriod & { phaseToUse?: number }>;
  minChargingRate?: number;
  salesTariff?: unknown;
}

export interface ChargingProfile201 {
  id: number;
  stackLevel: number;
  chargingProfilePurpose: string;
  chargingProfileKind: string;
  recurrencyKind?: string;
  validFrom?: string;
  validTo?: string;
  chargingSchedule: ChargingSchedule201[];
  transactionId?: string;
}

export interface TranslatedProfile {
  profile: Payload;
  lost: LostField[];
}

/** Most periods of one schedule in the schema of 2.0.1. */
const PERIODS_MAX = 1024;

const BAD_MOMENT = refusal('InvalidProfile', 'a moment in the charging profile is none');

/** Limits of 1.6 have one decimal. Rounded down, so that none becomes higher. */
export function tenthsDown(limit: number): number {
  // Beyond this, tenths are finer than what a double can tell apart reliably.
  if (Math.abs(limit) > 1e9) return Math.floor(limit);
  const tenths = Math.round(limit * 10);
  return (tenths / 10 <= limit ? tenths : tenths - 1) / 10;
}

/** @param transactionId as the charger calls it; undefined: the profile is for no certain transaction. */
export function profileTo201(given: CsChargingProfiles, transactionId?: string): TranslatedProfile | Refusal {
  const { chargingSchedule: schedule, chargingProfilePurpose: purpose } = given;
  const { chargingSchedulePeriod: periods } = schedule;
  if (periods.length === 0 || periods.length > PERIODS_MAX)
    return refusal('InvalidSchedule', `OCPP 2.0.1 wants 1 to ${PERIODS_MAX} periods`);
  if ([given.validFrom, given.validTo, schedule.startSchedule].some(isBadInstant)) return BAD_MOMENT;
  const profile = fields({
    id: given.chargingProfileId,
    stackLevel: given.stackLevel,
    chargingProfilePurpose: purpose === 'ChargePointMaxProfile' ? 'ChargingStationMaxProfile' : purpose,
    chargingProfileKind: given.chargingProfileKind,
    recurrencyKind: given.recurrencyKind,
    validFrom: optionalInstant(given.validFrom),
    validTo: optionalInstant(given.validTo),
    transactionId,
    // 1.6 schedules have no id of their own.
    chargingSchedule: [scheduleTo201(given.chargingProfileId, schedule)],
  });
  return { profile, lost: [] };
}

function scheduleTo201(id: number, schedule: ChargingSchedule): Payload {
  return fields({
    id,
    startSchedule: optionalInstant(schedule.startSchedule),
    duration: schedule.duration,
    chargingRateUnit: schedule.chargingRateUnit,
    chargingSchedulePeriod: schedule.chargingSchedulePeriod.map(periodOf),
    minChargingRate: schedule.minChargingRate,
  });
}

/** A period without `phaseToUse`. Three phases are meant in both versions when `numberPhases` is absent. */
export function periodOf({ startPeriod, limit, numberPhases }: ChargingSchedulePeriod): Payload {
  return fields({ startPeriod, limit, numberPhases });
}

/** A profile that comes with a start: it is for the transaction that begins, which has no id yet. */
export function profileForStartTo201(given: CsChargingProfiles): TranslatedProfile | Refusal {
  if (given.chargingProfilePurpose !== 'TxProfile') return NO_TX_PROFILE;
  return withLostTransaction(profileTo201(given), given.transactionId !== undefined);
}

const NO_TX_PROFILE = refusal('InvalidProfile', 'only a TxProfile can come with the start of a transaction');

function withLostTransaction(
  translated: TranslatedProfile | Refusal,
  isLost: boolean,
): TranslatedProfile | Refusal {
  if (isRefusal(translated) || !isLost) return translated;
  return { ...translated, lost: [...translated.lost, 'chargingProfile.transactionId'] };
}

/** @param transactionId as the charger calls it; undefined: the profile is for no certain transaction. */
export function profileTo16(given: ChargingProfile201, transactionId?: number): TranslatedProfile | Refusal {
  const [schedule, ...more] = given.chargingSchedule;
  if (schedule === undefined || more.length > 0)
    return refusal('TooManyElements', 'OCPP 1.6 profiles have exactly one schedule');
  if (given.chargingProfilePurpose === 'ChargingStationExternalConstraints')
    return refusal('InvalidProfile', 'OCPP 1.6 knows no external constraints, and a CPMS may not set them');
  const { chargingSchedulePeriod: periods } = schedule;
  // The limit of one phase would be taken for that of any phase.
  if (periods.some(({ phaseToUse }) => phaseToUse !== undefined))
    return refusal('UnsupportedParam', 'OCPP 1.6 cannot say which phase to use');
  if ([given.validFrom, given.validTo, schedule.startSchedule].some(isBadInstant)) return BAD_MOMENT;
  const profile = fields({
    chargingProfileId: given.id,
    transactionId,
    stackLevel: given.stackLevel,
    chargingProfilePurpose:
      given.chargingProfilePurpose === 'ChargingStationMaxProfile'
        ? 'ChargePointMaxProfile'
        : given.chargingProfilePurpose,
    chargingProfileKind: given.chargingProfileKind,
    recurrencyKind: given.recurrencyKind,
    validFrom: optionalInstant(given.validFrom),
    validTo: optionalInstant(given.validTo),
    chargingSchedule: scheduleTo16(schedule),
  });
  return { profile, lost: lostOfSchedule(schedule) };
}

function scheduleTo16(schedule: ChargingSchedule201): Payload {
  return fields({
    duration: schedule.duration,
    startSchedule: optionalInstant(schedule.startSchedule),
    chargingRateUnit: schedule.chargingRateUnit,
    chargingSchedulePeriod: schedule.chargingSchedulePeriod.map(roundedPeriodOf),
    minChargingRate:
      schedule.minChargingRate === undefined ? undefined : tenthsDown(schedule.minChargingRate),
  });
}

/** A period as 1.6 can hold it. */
export function roundedPeriodOf({ startPeriod, limit, numberPhases }: ChargingSchedulePeriod): Payload {
  return fields({ startPeriod, limit: tenthsDown(limit), numberPhases });
}

function lostOfSchedule(schedule: ChargingSchedule201): LostField[] {
  const path = 'chargingProfile.chargingSchedule[]';
  const lost: LostField[] = [`${path}.id`];
  if (schedule.salesTariff !== undefined) lost.push(`${path}.salesTariff`);
  if (schedule.chargingSchedulePeriod.some(({ limit }) => tenthsDown(limit) !== limit))
    lost.push(`${path}.chargingSchedulePeriod[].limit (rounded down to tenths)`);
  return lost;
}

/** A profile that comes with a start: it is for the transaction that begins, which has no id yet. */
export function profileForStartTo16(given: ChargingProfile201): TranslatedProfile | Refusal {
  if (given.chargingProfilePurpose !== 'TxProfile') return NO_TX_PROFILE;
  return withLostTransaction(profileTo16(given), given.transactionId !== undefined);
}
