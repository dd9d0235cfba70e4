import type { ChargingSchedulePeriod, ProfileMoment, StoredProfile } from './charging-profile-types.ts';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

function instant(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text);
}

/** Where the schedule's zero lies at that moment, or null when it has none yet. */
function originMs(stored: StoredProfile, moment: ProfileMoment): number | null {
  const { profile } = stored;
  const start = instant(profile.chargingSchedule.startSchedule);
  if (profile.chargingProfileKind === 'Relative') return moment.startedAt;
  // Absolute without a start: 1.6 lets it begin with the transaction; outside one, when it was accepted.
  const origin = start ?? moment.startedAt ?? stored.receivedAt;
  if (profile.chargingProfileKind === 'Absolute' || moment.at < origin) return origin;
  // Cycles are counted in UTC: the message carries no time zone rule.
  const cycleMs = profile.recurrencyKind === 'Weekly' ? WEEK_MS : DAY_MS;
  return origin + Math.floor((moment.at - origin) / cycleMs) * cycleMs;
}

/** The period in force at that moment; undefined when the profile says nothing then. */
export function activePeriod(
  stored: StoredProfile,
  moment: ProfileMoment,
): ChargingSchedulePeriod | undefined {
  const { profile } = stored;
  const from = instant(profile.validFrom);
  const to = instant(profile.validTo);
  if ((from !== null && moment.at < from) || (to !== null && moment.at >= to)) return undefined;
  const origin = originMs(stored, moment);
  if (origin === null || moment.at < origin) return undefined;
  const elapsedMs = moment.at - origin;
  const { duration, chargingSchedulePeriod } = profile.chargingSchedule;
  if (duration !== undefined && elapsedMs >= duration * 1000) return undefined;
  return chargingSchedulePeriod.findLast((period) => period.startPeriod * 1000 <= elapsedMs);
}

/** Instants after `moment.at` at which the profile may start, stop or change, the next cycle included. */
export function changesAfter(stored: StoredProfile, moment: ProfileMoment): number[] {
  const { profile } = stored;
  const { duration, chargingSchedulePeriod } = profile.chargingSchedule;
  const changes = [instant(profile.validFrom), instant(profile.validTo)];
  const origin = originMs(stored, moment);
  if (origin !== null) {
    changes.push(...chargingSchedulePeriod.map((period) => origin + period.startPeriod * 1000));
    if (duration !== undefined) changes.push(origin + duration * 1000);
    if (profile.chargingProfileKind === 'Recurring')
      changes.push(origin + (profile.recurrencyKind === 'Weekly' ? WEEK_MS : DAY_MS));
  }
  return changes.filter((change): change is number => change !== null && change > moment.at);
}
