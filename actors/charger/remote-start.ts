import type { CsChargingProfiles } from '../../machines/shared/charging-profiles.ts';
import { idTagKey } from '../../machines/shared/idtag.ts';
import type { IdToken } from '../../machines/shared/mapping/id-token.ts';
import { idTagFor } from '../../machines/shared/mapping/up/id-tag.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { contextOf } from './books.ts';
import type { Called } from './called.ts';
import { chargerOf } from './outbound.ts';
import { keepProfile } from './profiles.ts';

/** A start that was asked for remotely begins within this time, or its profile is void. */
const HELD_MS = 5 * 60_000;

interface HeldProfile {
  profile: CsChargingProfiles;
  at: number;
}

/**
 * Where load management is on, the profile in a RemoteStartTransaction is kept here for the transaction that it
 * starts, and the charger gets the command without it.
 */
export function withoutProfile(turn: Turn, { raw, payload }: Pick<Called, 'raw' | 'payload'>): string {
  const { chargingProfile, ...rest } = payload as {
    chargingProfile?: CsChargingProfiles;
    connectorId?: number;
  };
  if (!contextOf(turn).managed || !chargingProfile) return raw;
  const held: HeldProfile = { profile: chargingProfile, at: turn.at };
  turn.putRow(heldTable(turn), String(rest.connectorId ?? 0), held as unknown as Json);
  turn.journal({ type: 'remoteStart.profileKept', reason: { code: 'profile.managedHere' } });
  return JSON.stringify(rest);
}

/** A transaction got its id: the profile that came with its RemoteStart is for it. */
export function adoptRemoteStartProfile(turn: Turn, connector: number): void {
  for (const key of [String(connector), '0']) {
    const held = turn.row<Json>(heldTable(turn), key) as unknown as HeldProfile | undefined;
    if (!held) continue;
    turn.removeRow(heldTable(turn), key);
    if (turn.at - held.at <= HELD_MS) {
      keepProfile(turn, connector, held.profile);
      return;
    }
  }
}

/** A RequestStartTransaction of a 2.0.1 CPMS, which wants its number again in the transaction that it starts. */
interface RemoteStart {
  remoteStartId: number;
  idTag: string;
  at: number;
}

export function noteRemoteStart(turn: Turn, payload: Record<string, unknown>): void {
  const {
    evseId = 0,
    remoteStartId,
    idToken,
  } = payload as unknown as {
    evseId?: number;
    remoteStartId: number;
    idToken: IdToken;
  };
  const row: RemoteStart = { remoteStartId, idTag: idTagFor(idToken), at: turn.at };
  turn.putRow(askedTable(turn), String(evseId), row as unknown as Json);
}

/** Number of the RequestStartTransaction that a transaction with this card answers; null: of none. */
export function takeRemoteStartId(turn: Turn, connector: number, idTag: string): number | null {
  for (const key of [String(connector), '0']) {
    const asked = turn.row<Json>(askedTable(turn), key) as unknown as RemoteStart | undefined;
    if (!asked || idTagKey(asked.idTag) !== idTagKey(idTag)) continue;
    turn.removeRow(askedTable(turn), key);
    if (turn.at - asked.at <= HELD_MS) return asked.remoteStartId;
  }
  return null;
}

function askedTable(turn: Turn): string {
  return `remoteStart/${chargerOf(turn)}`;
}

function heldTable(turn: Turn): string {
  return `remoteStartProfile/${chargerOf(turn)}`;
}
