import { idTagKey } from '../../machines/shared/idtag.ts';
import type { IdTagInfo } from '../../machines/shared/ocpp16.ts';
import { msFromRfc3339 } from '../../machines/shared/rfc3339.ts';
import type { Json } from '../../runtime/envelope.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { sha256Hex } from '../../runtime/sha256.ts';
import type { AuthCacheRow } from '../tells.ts';
import { configOf, siteListOf } from './books.ts';
import { withinOutage } from './exposure.ts';
import { localListEntry } from './local-list.ts';
import { chargerOf } from './outbound.ts';

/** On what an authorisation rests. */
export type Ground = 'backend' | 'localList' | 'cache' | 'policy' | 'outage';

export interface Verdict {
  status: string;
  ground: Ground;
}

/**
 * Decides about a card without the CPMS: local list before cache before the rule for unknown cards (OCPP 1.6, 3.5).
 * A card that the CPMS blocked, or that expired, stays refused even when the site's own list still has it;
 * `Invalid` only says that the CPMS does not know it, which is what a site's own list is for. Whoever is left to be
 * let in may still be shut out by the age of the outage.
 */
export function authoriseLocally(turn: Turn, idTag: string): Verdict {
  return withinOutage(turn, verdictOf(turn, idTag));
}

function verdictOf(turn: Turn, idTag: string): Verdict {
  const cached = cachedStatus(turn, idTag);
  const sent = listedStatus(turn, idTag);
  if (isRevoked(sent)) return { status: sent, ground: 'localList' };
  if (isRevoked(cached)) return { status: cached, ground: 'cache' };
  if (siteListOf(turn).some((listed) => idTagKey(listed) === idTagKey(idTag))) {
    return { status: 'Accepted', ground: 'localList' };
  }
  if (sent !== null) return { status: sent, ground: 'localList' };
  if (cached !== null) return { status: cached, ground: 'cache' };
  return { status: configOf(turn).unknownTags === 'accept' ? 'Accepted' : 'Invalid', ground: 'policy' };
}

function isRevoked(status: string | null): status is string {
  return status === 'Blocked' || status === 'Expired';
}

/** Status in the list that the CPMS gave the charger. */
function listedStatus(turn: Turn, idTag: string): string | null {
  const entry = localListEntry(turn, idTag);
  if (!entry) return null;
  return entry.expiresAt !== null && entry.expiresAt <= turn.at ? 'Expired' : entry.status;
}

/** An acceptance counts while it is fresh; a refusal does not age: what was refused stays refused. */
function cachedStatus(turn: Turn, idTag: string): string | null {
  const row = turn.row<Json>('authCache', cacheKey(idTag)) as unknown as AuthCacheRow | undefined;
  if (!row || row.seenAt <= clearedAt(turn)) return null;
  if (row.status !== 'Accepted') return row.status;
  if (row.expiresAt !== null && row.expiresAt <= turn.at) return 'Expired';
  return turn.at - row.seenAt <= configOf(turn).cacheMaxAgeMs ? 'Accepted' : null;
}

/** Keeps the CPMS's verdict. ConcurrentTx speaks about the moment, not about the card. */
export function rememberVerdict(turn: Turn, idTag: string, info: IdTagInfo): void {
  if (info.status === 'ConcurrentTx') return;
  const expiresAt = info.expiryDate === undefined ? null : msFromRfc3339(info.expiryDate);
  const row: AuthCacheRow = { status: info.status, expiresAt, seenAt: turn.at };
  turn.putRow('authCache', cacheKey(idTag), row as unknown as Json);
}

/** The CPMS had the charger clear its cache: what was seen until now no longer counts for this charger. */
export function clearCache(turn: Turn): void {
  turn.putRow('authCacheCleared', chargerOf(turn), turn.at);
}

function clearedAt(turn: Turn): number {
  return turn.row<number>('authCacheCleared', chargerOf(turn)) ?? -1;
}

function cacheKey(idTag: string): string {
  return sha256Hex(idTagKey(idTag));
}
