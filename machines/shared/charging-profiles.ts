/**
 * The CPMS's charging profiles of one charger, kept as data and answered from here: nothing of them is forwarded
 * to the charger, so an upstream "clear all" can never clear a local limit (P6).
 * Rules: OCPP 1.6 edition 2, section 3.13, with errata 3.25 and 3.34.
 */
import type {
  ChargingSchedulePeriod,
  CompositeSchedule,
  CsChargingProfiles,
  ProfileMoment,
  StoredProfile,
} from './charging-profile-types.ts';
import { activePeriod, changesAfter } from './profile-timing.ts';
import { PROFILE_BOUNDS, type PutContext, profileIsUsable } from './profile-validation.ts';
import { ampsFromMilliamps, milliampsFromAmps, milliampsFromWatts, wattsFromMilliamps } from './units.ts';

export type {
  ChargingSchedule,
  ChargingSchedulePeriod,
  CompositeSchedule,
  CsChargingProfiles,
  ProfileMoment,
  StoredProfile,
} from './charging-profile-types.ts';
export { PROFILE_BOUNDS, type PutContext } from './profile-validation.ts';

/** A composite schedule is worked out over at most this many changes; its `duration` then ends there, shorter than asked. */
const COMPOSITE_CHANGES_MAX = 500;

export type PutStatus = 'Accepted' | 'Rejected' | 'NotSupported';

const PURPOSES: readonly string[] = ['ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile'];

/**
 * Keeps one profile. It replaces the one of the same id, and the one of the same purpose, stack level and connector;
 * profiles of transactions that no longer run on that connector are forgotten on the way.
 * Rejected also when the charger would hold more than {@link PROFILE_BOUNDS} allow.
 */
export function putProfile(
  profiles: readonly StoredProfile[],
  connector: number,
  csChargingProfiles: CsChargingProfiles,
  context: PutContext,
): { profiles: readonly StoredProfile[]; status: PutStatus } {
  const { chargingProfileId, chargingProfilePurpose, stackLevel } = csChargingProfiles;
  if (!PURPOSES.includes(chargingProfilePurpose)) return { profiles, status: 'NotSupported' };
  if (!profileIsUsable(connector, csChargingProfiles, context)) return { profiles, status: 'Rejected' };
  const transactionId = chargingProfilePurpose === 'TxProfile' ? context.transactionId : null;
  const kept = profiles.filter((stored) => {
    const { profile } = stored;
    if (profile.chargingProfileId === chargingProfileId) return false;
    if (stored.connector !== connector) return true;
    if (stored.transactionId !== null && stored.transactionId !== context.transactionId) return false;
    return profile.chargingProfilePurpose !== chargingProfilePurpose || profile.stackLevel !== stackLevel;
  });
  if (kept.length >= PROFILE_BOUNDS.profilesMax) return { profiles, status: 'Rejected' };
  const stored: StoredProfile = {
    connector,
    transactionId,
    receivedAt: context.at,
    profile: csChargingProfiles,
  };
  return { profiles: [...kept, stored], status: 'Accepted' };
}

/** ClearChargingProfile.req: the fields given are ANDed; none given means all (errata 3.25). */
export interface ClearCriteria {
  id?: number;
  connectorId?: number;
  chargingProfilePurpose?: CsChargingProfiles['chargingProfilePurpose'];
  stackLevel?: number;
}

/** `Unknown` when nothing matched. */
export function clearProfiles(
  profiles: readonly StoredProfile[],
  criteria: ClearCriteria,
): { profiles: readonly StoredProfile[]; status: 'Accepted' | 'Unknown' } {
  const { id, connectorId, chargingProfilePurpose, stackLevel } = criteria;
  const kept = profiles.filter(
    ({ connector, profile }) =>
      (id !== undefined && profile.chargingProfileId !== id) ||
      (connectorId !== undefined && connector !== connectorId) ||
      (chargingProfilePurpose !== undefined && profile.chargingProfilePurpose !== chargingProfilePurpose) ||
      (stackLevel !== undefined && profile.stackLevel !== stackLevel),
  );
  return { profiles: kept, status: kept.length < profiles.length ? 'Accepted' : 'Unknown' };
}

/**
 * The least that the CPMS's profiles allow per phase on that connector at that moment, in milliamperes; null: no limit.
 * A TxProfile replaces the TxDefaultProfile; ChargePointMaxProfile is a bound on each connector on its own here
 * (the sum over a charger's connectors stays with the site budget, which counts every connector).
 */
export function limitAt(
  profiles: readonly StoredProfile[],
  connector: number,
  moment: ProfileMoment,
): number | null {
  const max = leading(profiles, 0, 'ChargePointMaxProfile', moment);
  const own =
    connector === 0
      ? null
      : (leading(profiles, connector, 'TxProfile', moment) ??
        leading(profiles, connector, 'TxDefaultProfile', moment));
  if (max === null || own === null) return max ?? own;
  return Math.min(max, own);
}

/** The limit of the highest stack level that says something at that moment. */
function leading(
  profiles: readonly StoredProfile[],
  connector: number,
  purpose: CsChargingProfiles['chargingProfilePurpose'],
  moment: ProfileMoment,
): number | null {
  let best: { stored: StoredProfile; period: ChargingSchedulePeriod } | undefined;
  for (const stored of profiles) {
    if (stored.profile.chargingProfilePurpose !== purpose || !concerns(stored, connector, moment)) continue;
    const period = activePeriod(stored, moment);
    if (period && (!best || outranks(stored, best.stored))) best = { stored, period };
  }
  if (!best) return null;
  const { limit, numberPhases } = best.period;
  return best.stored.profile.chargingSchedule.chargingRateUnit === 'A'
    ? milliampsFromAmps(limit)
    : milliampsFromWatts(limit, numberPhases);
}

function concerns(stored: StoredProfile, connector: number, moment: ProfileMoment): boolean {
  const purpose = stored.profile.chargingProfilePurpose;
  if (purpose === 'ChargePointMaxProfile') return true;
  if (purpose === 'TxProfile')
    return (
      stored.connector === connector &&
      moment.transactionId !== null &&
      stored.transactionId === moment.transactionId
    );
  return stored.connector === 0 || stored.connector === connector;
}

/** At the same stack level the profile of the connector itself goes before the one for all connectors. */
function outranks(candidate: StoredProfile, best: StoredProfile): boolean {
  const levels = candidate.profile.stackLevel - best.profile.stackLevel;
  return levels > 0 || (levels === 0 && candidate.connector > best.connector);
}

/** The next instant (wall ms) at which {@link limitAt} may give something else; null: never, as things stand. */
export function nextChangeAt(
  profiles: readonly StoredProfile[],
  connector: number,
  moment: ProfileMoment,
): number | null {
  const changes = profiles
    .filter((stored) => concerns(stored, connector, moment))
    .flatMap((stored) => changesAfter(stored, moment));
  return changes.length === 0 ? null : changes.reduce((least, change) => Math.min(least, change));
}

/**
 * GetCompositeSchedule.conf over the next `durationS` seconds: at every moment the lower of the CPMS's own profiles
 * and the local limit (milliamperes per phase). Watts are for three phases. After very many changes it ends early,
 * and says so by its `duration`.
 */
export function compositeSchedule(
  profiles: readonly StoredProfile[],
  connector: number,
  question: ProfileMoment & { durationS: number; unit: 'A' | 'W'; localLimitMilliamps: number },
): CompositeSchedule {
  const { at, unit, localLimitMilliamps, transactionId, startedAt } = question;
  let durationS = question.durationS;
  const periods: Array<{ startPeriod: number; limit: number }> = [];
  let next: number | null = at;
  for (let changes = 0; next !== null && next < at + durationS * 1000; changes += 1) {
    // Whole seconds are all that the message can say: a change counts from the second in which it falls.
    const startPeriod = Math.floor((next - at) / 1000);
    if (changes > COMPOSITE_CHANGES_MAX) {
      durationS = startPeriod;
      break;
    }
    const moment: ProfileMoment = { at: next, transactionId, startedAt };
    const milliamps = Math.min(limitAt(profiles, connector, moment) ?? Infinity, localLimitMilliamps);
    addPeriod(periods, {
      startPeriod,
      limit: unit === 'A' ? ampsFromMilliamps(milliamps) : wattsFromMilliamps(milliamps),
    });
    next = nextChangeAt(profiles, connector, moment);
  }
  const startSchedule = new Date(at).toISOString();
  return {
    status: 'Accepted',
    connectorId: connector,
    scheduleStart: startSchedule,
    chargingSchedule: {
      duration: durationS,
      startSchedule,
      chargingRateUnit: unit,
      chargingSchedulePeriod: periods,
    },
  };
}

type Period = { startPeriod: number; limit: number };

/** Equal neighbours are one period; of two changes within one second the lower counts. */
function addPeriod(periods: Period[], period: Period): void {
  const last = periods.at(-1);
  if (last?.startPeriod === period.startPeriod) last.limit = Math.min(last.limit, period.limit);
  else if (last?.limit !== period.limit) periods.push(period);
}
