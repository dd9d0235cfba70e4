import type { CsChargingProfiles } from './charging-profile-types.ts';

/** Highest stack level and most periods and profiles kept for one charger; more is refused, not cut short. */
export const PROFILE_BOUNDS = { stackLevelMax: 99, periodsMax: 96, profilesMax: 64 } as const;

/** What the charger is doing at the connector that a profile is for. */
export interface PutContext {
  at: number;
  /** The transaction running on that connector, as the CPMS knows it; null when none runs. */
  transactionId: number | null;
  /** How many connectors the charger has. */
  connectors: number;
}

function isInstant(text: string | undefined): boolean {
  return text === undefined || Number.isFinite(Date.parse(text));
}

function purposeFits(connector: number, profile: CsChargingProfiles, context: PutContext): boolean {
  const { transactionId, chargingProfilePurpose, chargingProfileKind } = profile;
  switch (chargingProfilePurpose) {
    case 'ChargePointMaxProfile':
      // A charger has no start of charging that the schedule could be relative to.
      return connector === 0 && transactionId === undefined && chargingProfileKind !== 'Relative';
    case 'TxDefaultProfile':
      return transactionId === undefined;
    case 'TxProfile':
      return (
        connector > 0 &&
        context.transactionId !== null &&
        (transactionId === undefined || transactionId === context.transactionId)
      );
  }
}

function scheduleFits(profile: CsChargingProfiles): boolean {
  const { duration, startSchedule, chargingSchedulePeriod: periods } = profile.chargingSchedule;
  if (periods.length === 0 || periods.length > PROFILE_BOUNDS.periodsMax) return false;
  if (periods[0]?.startPeriod !== 0) return false;
  if (duration !== undefined && (!Number.isInteger(duration) || duration <= 0)) return false;
  if (profile.chargingProfileKind === 'Recurring' && (!profile.recurrencyKind || !startSchedule))
    return false;
  return periods.every((period, index) => {
    const previous = periods[index - 1];
    const phases = period.numberPhases ?? 3;
    return (
      Number.isInteger(period.startPeriod) &&
      (previous === undefined || period.startPeriod > previous.startPeriod) &&
      Number.isFinite(period.limit) &&
      period.limit >= 0 &&
      period.limit <= 1_000_000 &&
      Number.isInteger(phases) &&
      phases >= 1 &&
      phases <= 3
    );
  });
}

/** True when OCPP 1.6 (sections 3.13 and 5.16) lets this profile stand on this connector now. */
export function profileIsUsable(
  connector: number,
  profile: CsChargingProfiles,
  context: PutContext,
): boolean {
  const { validFrom, validTo, stackLevel, chargingSchedule } = profile;
  if (!Number.isInteger(connector) || connector < 0 || connector > context.connectors) return false;
  if (!Number.isInteger(stackLevel) || stackLevel < 0 || stackLevel > PROFILE_BOUNDS.stackLevelMax)
    return false;
  if (![validFrom, validTo, chargingSchedule.startSchedule].every(isInstant)) return false;
  if (validFrom !== undefined && validTo !== undefined && Date.parse(validFrom) >= Date.parse(validTo))
    return false;
  return purposeFits(connector, profile, context) && scheduleFits(profile);
}
