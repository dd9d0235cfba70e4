import { idTagKey } from '../../machines/shared/idtag.ts';
import type { IdToken } from '../../machines/shared/mapping/id-token.ts';
import { idTagFor } from '../../machines/shared/mapping/up/id-tag.ts';
import { idTagInfoFrom } from '../../machines/shared/mapping/up/id-token-info.ts';
import type { IdTagInfo, SendLocalListReq } from '../../machines/shared/ocpp16.ts';
import { msFromRfc3339 } from '../../machines/shared/rfc3339.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { sha256Hex } from '../../runtime/sha256.ts';
import { chargerOf } from './outbound.ts';

/** One card of the list that the CPMS gave the charger, mirrored so that decisions without the CPMS know it. */
export interface LocalListEntry {
  status: string;
  expiresAt: number | null;
}

/** Further cards are not mirrored (the charger itself still has them), and the journal says how many. */
export const LOCAL_LIST_MAX = 10_000;

export function localListEntry(turn: Turn, idTag: string): LocalListEntry | undefined {
  return turn.row<Json>(listTable(turn), sha256Hex(idTagKey(idTag))) as unknown as LocalListEntry | undefined;
}

/** Keeps a forwarded SendLocalList until the charger has answered it. */
export function holdLocalList(turn: Turn, correlation: string, raw: string): void {
  turn.putRow(heldTable(turn), correlation, raw);
}

/** A SendLocalList of a 2.0.1 CPMS by the names that its cards have here. */
export function localListIn16(payload: Record<string, unknown>): SendLocalListReq {
  const {
    updateType,
    versionNumber,
    localAuthorizationList = [],
  } = payload as unknown as {
    updateType: 'Full' | 'Differential';
    versionNumber: number;
    localAuthorizationList?: Array<{ idToken: IdToken; idTokenInfo?: unknown }>;
  };
  return {
    updateType,
    listVersion: versionNumber,
    localAuthorizationList: localAuthorizationList.map(({ idToken, idTokenInfo }) => ({
      idTag: idTagFor(idToken),
      ...(idTokenInfo === undefined ? {} : { idTagInfo: idTagInfoFrom(idTokenInfo) as unknown as IdTagInfo }),
    })),
  };
}

/** The forwarded SendLocalList came to an end: mirrored if the charger accepted it, forgotten in any case. */
export function settleLocalList(turn: Turn, correlation: string, accepted: boolean): void {
  const raw = turn.row<string>(heldTable(turn), correlation);
  turn.removeRow(heldTable(turn), correlation);
  if (accepted && raw !== undefined) mirror(turn, JSON.parse(raw) as SendLocalListReq);
}

/** Lists whose outcome nobody will tell: the process was started anew. */
export function dropHeldLocalLists(turn: Turn): void {
  for (const { key } of turn.rows(heldTable(turn))) turn.removeRow(heldTable(turn), key);
}

function mirror(
  turn: Turn,
  { updateType, localAuthorizationList = [], listVersion }: SendLocalListReq,
): void {
  const table = listTable(turn);
  const known = new Set(turn.rows(table).map(({ key }) => key));
  if (updateType === 'Full') {
    for (const key of known) turn.removeRow(table, key);
    known.clear();
  }
  let left = 0;
  for (const { idTag, idTagInfo } of localAuthorizationList) {
    const key = sha256Hex(idTagKey(idTag));
    if (!idTagInfo) {
      // Differential update: a card without idTagInfo is to be removed (OCPP 1.6, 7.1).
      turn.removeRow(table, key);
      known.delete(key);
    } else if (known.has(key) || known.size < LOCAL_LIST_MAX) {
      const expiresAt = idTagInfo.expiryDate === undefined ? null : msFromRfc3339(idTagInfo.expiryDate);
      turn.putRow(table, key, { status: idTagInfo.status, expiresAt });
      known.add(key);
    } else left += 1;
  }
  const params = { listVersion, updateType, cards: known.size, notMirrored: left };
  turn.journal({ type: 'localList.mirrored', reason: { code: 'localList.acceptedByCharger', params } });
}

function listTable(turn: Turn): string {
  return `localList/${chargerOf(turn)}`;
}

function heldTable(turn: Turn): string {
  return `localListHeld/${chargerOf(turn)}`;
}
