import {
  type ClearCriteria,
  type CsChargingProfiles,
  clearProfiles,
  compositeSchedule,
  limitAt,
  nextChangeAt,
  type ProfileMoment,
  putProfile,
  type StoredProfile,
} from '../../machines/shared/charging-profiles.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import type { LimitRow } from '../tells.ts';
import { connectorsOf, contextOf, noteOf, patchNote, step } from './books.ts';
import type { Called } from './called.ts';
import { type Answer, chargerOf, tell } from './outbound.ts';
import { transactionOf } from './transaction-rows.ts';

/** A cap is looked at again at least this often, so that no deadline is farther than timers are meant for. */
const CAP_CHECK_MAX_MS = 24 * 3_600_000;

/** Where load management is on, the CPMS's charging profiles are an input to it: kept and answered here, never sent on. */
export function answerProfileCommand(turn: Turn, { action, payload }: Called): Answer {
  if (action === 'SetChargingProfile') {
    const { connectorId, csChargingProfiles } = payload as unknown as {
      connectorId: number;
      csChargingProfiles: CsChargingProfiles;
    };
    return statusAnswer(keepProfile(turn, connectorId, csChargingProfiles));
  }
  if (action === 'ClearChargingProfile') {
    const { profiles, status } = clearProfiles(profilesOf(turn), payload as ClearCriteria);
    putProfiles(turn, profiles);
    return statusAnswer(status);
  }
  return composite(turn, payload as { connectorId: number; duration: number; chargingRateUnit?: 'A' | 'W' });
}

/** Keeps one profile of the CPMS for what runs on that connector now. */
export function keepProfile(turn: Turn, connector: number, profile: CsChargingProfiles): string {
  const { at, transactionId } = momentOf(turn, connector);
  const connectors = connectorsOf(turn).length;
  const kept = putProfile(profilesOf(turn), connector, profile, { at, transactionId, connectors });
  if (kept.status === 'Accepted') putProfiles(turn, kept.profiles);
  turn.journal({
    type: 'profile.decided',
    connector,
    reason: {
      code: `profile.${kept.status.toLowerCase()}`,
      params: { purpose: profile.chargingProfilePurpose },
    },
  });
  return kept.status;
}

/** Tells the budget what the CPMS allows now where that changed, and sees to it that the next change is not missed. */
export function renewCaps(turn: Turn): void {
  const profiles = profilesOf(turn);
  if (!contextOf(turn).managed) return;
  let nextAt = Number.POSITIVE_INFINITY;
  for (const connector of connectorsOf(turn)) {
    const moment = momentOf(turn, connector);
    const capMilliamps = limitAt(profiles, connector, moment);
    nextAt = Math.min(nextAt, nextChangeAt(profiles, connector, moment) ?? nextAt);
    if (capMilliamps === noteOf(turn, connector).capMilliamps) continue;
    patchNote(turn, connector, { capMilliamps });
    tell(turn, 'budget/site', 'budget.capChanged', { charger: chargerOf(turn), connector, capMilliamps });
  }
  if (nextAt === Number.POSITIVE_INFINITY) return;
  const delayMs = Math.min(Math.max(nextAt - turn.at, 0), CAP_CHECK_MAX_MS);
  step(turn, { type: 'caps.scheduled', at: turn.at, delayMs });
}

/** The least of the CPMS's profiles and our own limit. Nothing to say where neither bounds the connector. */
function composite(
  turn: Turn,
  {
    connectorId,
    duration,
    chargingRateUnit,
  }: { connectorId: number; duration: number; chargingRateUnit?: 'A' | 'W' },
): Answer {
  const moment = momentOf(turn, connectorId);
  const profiles = profilesOf(turn);
  const schedule = compositeSchedule(profiles, connectorId, {
    ...moment,
    durationS: duration,
    unit: chargingRateUnit ?? 'A',
    localLimitMilliamps: localLimitMilliamps(turn, connectorId),
  });
  const bounded = schedule.chargingSchedule.chargingSchedulePeriod.filter(({ limit }) =>
    Number.isFinite(limit),
  );
  if (bounded.length === 0) return statusAnswer('Rejected');
  const chargingSchedule = { ...schedule.chargingSchedule, chargingSchedulePeriod: bounded };
  return { raw: JSON.stringify({ ...schedule, chargingSchedule }) };
}

/** What the budget allows now: the running transaction's limit, else the fail-safe default; connector 0 is their sum. */
function localLimitMilliamps(turn: Turn, connector: number): number {
  const table = `limits/${chargerOf(turn)}`;
  if (connector === 0) {
    return connectorsOf(turn)
      .filter((one) => one > 0)
      .reduce((sum, one) => sum + localLimitMilliamps(turn, one), 0);
  }
  const { session } = noteOf(turn, connector);
  const transaction = session === null ? undefined : transactionOf(turn, session);
  const live = turn.row<LimitRow & Json>(table, String(connector));
  const holds = live && transaction && live.transactionId === transaction.transactionId;
  const row = holds ? live : turn.row<LimitRow & Json>(table, '0');
  return row?.limitMilliamps ?? Number.POSITIVE_INFINITY;
}

function statusAnswer(status: string): Answer {
  return { raw: JSON.stringify({ status }) };
}

/** Profiles name transactions as the CPMS does; before it named one, by the id that the charger was told. */
function momentOf(turn: Turn, connector: number): ProfileMoment {
  const { session } = noteOf(turn, connector);
  const transaction = session === null ? undefined : transactionOf(turn, session);
  return {
    at: turn.at,
    transactionId: transaction ? (transaction.cpmsTransactionId ?? transaction.transactionId) : null,
    startedAt: transaction?.startedAt ?? null,
  };
}

function profilesOf(turn: Turn): readonly StoredProfile[] {
  return (
    (turn.row<Json>(`profiles/${chargerOf(turn)}`, 'all') as unknown as StoredProfile[] | undefined) ?? []
  );
}

function putProfiles(turn: Turn, profiles: readonly StoredProfile[]): void {
  turn.putRow(`profiles/${chargerOf(turn)}`, 'all', profiles as unknown as Json);
  renewCaps(turn);
}
