/** What everybody should have, from the books: fail-safe limits that fit together, and shares of what they leave. */
import { allocate, type Claim, type Share } from './allocate.ts';
import {
  bookedMilliamps,
  type ChargerEntry,
  type ConnectorEntry,
  countedMeasuredMilliamps,
  isReachable,
  type Ledger,
  pairs,
  SETTLE_MS,
  steadyFallbackMilliamps,
  worstCaseMilliamps,
} from './ledger.ts';
import { seatEndsAt, wants } from './ledger-time.ts';

export interface SiteTargets {
  /** By {@link keyOf}; only connectors that may be given something now. */
  shares: Map<string, Share>;
  /** By charger: what its fail-safe limit should be. */
  fallbacks: Map<string, number>;
  /** Kept back for all others: idle, away, unknown, ignoring limits. */
  reservedMilliamps: number;
}

export function keyOf(entry: { charger: string; connector: number }): string {
  return `${entry.charger}/${entry.connector}`;
}

/**
 * The contract: all fail-safe limits together fit, whatever the limit is now. Chargers that are away keep what they
 * have; the others keep theirs in the order of the configuration as far as it reaches, the rest get 0.
 */
export function fallbackTargets(ledger: Ledger): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { charger } of ledger.connectors) counts.set(charger, (counts.get(charger) ?? 0) + 1);
  const count = (charger: ChargerEntry) => counts.get(charger.charger) ?? 0;
  const targets = new Map<string, number>();
  let used = 0;
  for (const charger of ledger.chargers) {
    const { confirmedMilliamps } = charger.failSafe;
    if (isReachable(charger) || confirmedMilliamps === null) continue;
    targets.set(charger.charger, confirmedMilliamps);
    used += confirmedMilliamps * count(charger);
  }
  for (const charger of ledger.chargers) {
    if (targets.has(charger.charger)) continue;
    const need = charger.fallbackMilliamps * count(charger);
    const fits = used + need <= ledger.limitMilliamps;
    targets.set(charger.charger, fits ? charger.fallbackMilliamps : 0);
    if (fits) used += need;
  }
  return targets;
}

/** Shares only where the fail-safe is confirmed and limits are obeyed; elsewhere nothing is given beyond the fail-safe. */
function mayClaim(entry: ConnectorEntry, charger: ChargerEntry): boolean {
  const obeys = !entry.ignoresLimits && !entry.refusesLimits;
  return wants(entry) && isReachable(charger) && charger.failSafe.confirmedMilliamps !== null && obeys;
}

/** A settled reading above the limit is reserved, so that the sum holds also for cars that draw a little more. */
function excessMilliamps(entry: ConnectorEntry, floorMilliamps: number, at: number): number {
  const measured = countedMeasuredMilliamps(entry, at);
  const settledAt = entry.inForce ? entry.inForce.knownAt + SETTLE_MS : 0;
  if (measured === null || entry.settling || !entry.measured || entry.measured.at < settledAt) return 0;
  return Math.max(0, measured - Math.max(floorMilliamps, entry.inForce?.limitMilliamps ?? 0));
}

export function siteTargets(ledger: Ledger): SiteTargets {
  const { at, limitMilliamps, minMilliamps } = ledger;
  const fallbacks = fallbackTargets(ledger);
  const claims: Claim[] = [];
  let firm = 0;
  // What chargers of unknown state might draw beyond their fail-safe gives way to the fail-safes of the known ones:
  // less than these nobody draws anyway, and a site must work before its last charger was ever seen.
  let soft = 0;
  for (const { entry, charger } of pairs(ledger)) {
    const isConfirmed = charger.failSafe.confirmedMilliamps !== null;
    const target = fallbacks.get(charger.charger) ?? 0;
    const floor = isConfirmed ? Math.max(target, steadyFallbackMilliamps(charger)) : target;
    if (mayClaim(entry, charger)) {
      firm += excessMilliamps(entry, floor, at);
      claims.push({
        key: keyOf(entry),
        capMilliamps: capOf(entry, charger, minMilliamps),
        floorMilliamps: floor,
        queuedAt: entry.queuedAt,
      });
    } else if (!isConfirmed) {
      firm += floor;
      soft += Math.max(0, worstCaseMilliamps(entry, charger, at) - floor);
    } else if (isReachable(charger) && !wants(entry)) {
      firm += Math.max(floor, countedMeasuredMilliamps(entry, at) ?? 0);
    } else {
      firm += bookedMilliamps(entry, charger, at);
    }
  }
  const floors = claims.reduce((sum, claim) => sum + claim.floorMilliamps, 0);
  const reservedMilliamps = firm + Math.min(soft, Math.max(0, limitMilliamps - firm - floors));
  const capacityMilliamps = Math.max(0, limitMilliamps - reservedMilliamps);
  return { shares: allocate({ claims, capacityMilliamps, minMilliamps }), fallbacks, reservedMilliamps };
}

/**
 * A suspended connector keeps the minimum, so that its car can start again by itself; the rest serves others until
 * it does.
 */
function capOf(entry: ConnectorEntry, charger: ChargerEntry, minMilliamps: number): number {
  const cap = Math.min(charger.ratingMilliamps, entry.capMilliamps ?? charger.ratingMilliamps);
  const isActive = entry.demand === 'charging' || entry.demand === 'preparing';
  return isActive ? cap : Math.min(cap, minMilliamps);
}

/** Who has had its time at the minimum goes to the end of the queue while somebody waits; one at a time. */
export function rotateQueue(ledger: Ledger): Ledger {
  const { at } = ledger;
  const waiting = ledger.connectors.some((entry) => wants(entry) && entry.servedSinceAt === null);
  if (!waiting) return ledger;
  const over = ledger.connectors.filter(
    (entry) => wants(entry) && entry.servedSinceAt !== null && at >= seatEndsAt(entry),
  );
  if (over.length === 0) return ledger;
  const first = over.reduce((a, b) => (seatEndsAt(b) < seatEndsAt(a) ? b : a));
  return {
    ...ledger,
    connectors: ledger.connectors.map((entry) =>
      entry === first ? { ...entry, queuedAt: at, servedSinceAt: null } : entry,
    ),
  };
}
