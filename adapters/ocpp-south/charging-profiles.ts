import type { InstallFailSafe, SetLimit } from '../../actors/ports.ts';
import type { TransactionFacts } from '../../machines/shared/mapping/mapping.ts';
import type { Payload } from '../ocpp/frame.ts';

/** Which places in the charger's profile stack are ours. */
export interface ProfilePlan {
  /** Profile id of the fail-safe; the lease of connector n has this plus n. Fixed, so that each replaces its predecessor. */
  profileIdBase: number;
  /** Of the lease; some chargers know only level 0. */
  leaseStackLevel: number;
}

export const DEFAULT_PROFILE_PLAN: ProfilePlan = { profileIdBase: 900_000, leaseStackLevel: 1 };

/**
 * SetChargingProfile.req for a lease: the limit now, the fallback when the lease ends unrenewed. Periods are
 * offsets in whole seconds from `startSchedule` (OCPP 1.6, 3.13), which is the present second rounded down: a
 * lease may end up to a second early, never late.
 */
export function leasePayload(effect: SetLimit, plan: ProfilePlan, nowWallMs: number): Payload {
  const leaseS = Math.max(1, Math.floor(effect.leaseMs / 1_000));
  return {
    connectorId: effect.connector,
    csChargingProfiles: {
      chargingProfileId: plan.profileIdBase + effect.connector,
      // A text names a transaction of 2.0.1: it goes beside the profile (`transactionOf`), for the translation.
      ...(typeof effect.transactionId === 'number' ? { transactionId: effect.transactionId } : {}),
      stackLevel: plan.leaseStackLevel,
      chargingProfilePurpose: 'TxProfile',
      chargingProfileKind: 'Absolute',
      chargingSchedule: {
        startSchedule: wholeSecond(nowWallMs),
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [
          { startPeriod: 0, limit: amps(effect.limitMilliamps) },
          { startPeriod: leaseS, limit: amps(effect.fallbackMilliamps) },
        ],
      },
    },
  };
}

/** What the translation of a lease must know of its transaction; undefined for a charger of 1.6. */
export function transactionOf({ transactionId, connector }: SetLimit): TransactionFacts | undefined {
  if (typeof transactionId === 'number') return undefined;
  return { transactionId, connector, idTag: null, seqNo: 0, offline: false, remoteStartId: null };
}

/** SetChargingProfile.req for the permanent safe default: no start, no end, lowest level, every connector. */
export function failSafePayload(effect: InstallFailSafe, plan: ProfilePlan): Payload {
  return {
    connectorId: 0,
    csChargingProfiles: {
      chargingProfileId: plan.profileIdBase,
      stackLevel: 0,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: {
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: amps(effect.limitMilliamps) }],
      },
    },
  };
}

/** One decimal (OCPP 1.6, 7.14), rounded down: never more than was granted. */
function amps(milliamps: number): number {
  return Math.floor(milliamps / 100) / 10;
}

function wholeSecond(wallMs: number): string {
  const iso = new Date(Math.floor(wallMs / 1_000) * 1_000).toISOString();
  return iso.replace('.000Z', 'Z');
}
