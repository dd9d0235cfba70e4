/** What the mere passing of time does to the books, and when it will do something next. */
import {
  type ChargerEntry,
  type ConnectorEntry,
  isReachable,
  LEASE_GRACE_MS,
  type Ledger,
  leaseMayRun,
  pairs,
} from './ledger.ts';
import { failSafeFailed, OVER_MS } from './ledger-facts.ts';
import { doubt, retryAfter } from './ledger-leases.ts';

/** An answer that has not come by then will not come: the port's own deadline is shorter. */
export const ANSWER_MS = 45_000;
/** A seat at the minimum is kept this long when others wait; a car that does not take it loses it sooner. */
export const SEAT_MS = 60 * 60_000;
export const UNUSED_SEAT_MS = 5 * 60_000;
/** A raise of less than this waits until it has been wanted for long enough. */
export const RAISE_STEP_MILLIAMPS = 1_000;
export const SMALL_RAISE_AFTER_MS = 30_000;
/** A raise that does not fit in full for this long is taken in part. */
export const PART_RAISE_AFTER_MS = 10_000;
export const RAISE_INTERVAL_MS = 8_000;
/** The books are looked at no more often than this by the clock alone. */
const CHECK_MIN_MS = 1_000;
/** A clock that steps back would move every deadline away: while one is open, the books are looked at this often. */
const CHECK_MAX_MS = 60_000;

/** Brings the books to `at`; clocks that step back are followed, so that no lease goes unrenewed. */
export function passTime(ledger: Ledger, at: number): Ledger {
  const chargers = ledger.chargers.map((charger) => passTimeOfCharger(charger, at));
  const byId = new Map(chargers.map((charger) => [charger.charger, charger]));
  const connectors = ledger.connectors.map((entry) => {
    const charger = byId.get(entry.charger);
    return charger ? passTimeOfConnector(entry, charger, at, ledger.leaseMs) : entry;
  });
  return { ...ledger, at, chargers, connectors };
}

function passTimeOfCharger(charger: ChargerEntry, at: number): ChargerEntry {
  const { failSafe, link, heardByAt } = charger;
  const isLost = failSafe.sent !== null && at >= failSafe.sent.sentAt + ANSWER_MS;
  const isSettled = failSafe.settling !== null && at >= failSafe.settling.untilAt;
  return {
    ...charger,
    link: link === 'unheard' && at >= heardByAt ? 'fallback' : link,
    failSafe: {
      ...(isLost ? failSafeFailed(failSafe, at) : failSafe),
      settling: isSettled ? null : failSafe.settling,
    },
  };
}

function passTimeOfConnector(
  entry: ConnectorEntry,
  charger: ChargerEntry,
  at: number,
  leaseMs: number,
): ConnectorEntry {
  const lost = entry.inFlight.filter((sent) => at >= sent.sentAt + ANSWER_MS || at < sent.sentAt);
  const failures = entry.failures + (lost.length > 0 ? 1 : 0);
  const doubted = doubt(entry, lost, at, leaseMs);
  const runs = (lease: ConnectorEntry['inForce']) =>
    lease !== null && at < lease.untilAt + LEASE_GRACE_MS ? lease : null;
  const next: ConnectorEntry = {
    ...doubted,
    inForce: runs(doubted.inForce),
    doubtful: runs(doubted.doubtful),
    settling: isSettling(doubted, at) ? doubted.settling : null,
    failures,
    retryAt: lost.length > 0 ? retryAfter(failures, at) : entry.retryAt,
    ignoresLimits: entry.ignoresLimits || (entry.overSinceAt !== null && at >= entry.overSinceAt + OVER_MS),
  };
  if (leaseMayRun(next, at)) return next;
  // Nothing is left to confirm; and what was measured before the link was lost says nothing any more.
  return { ...next, confirmed: true, measured: isReachable(charger) ? next.measured : null };
}

/** The car has followed when its time is over, or when a reading taken since says so. */
function isSettling(entry: ConnectorEntry, at: number): boolean {
  const { settling, measured, inForce } = entry;
  if (!settling || at >= settling.untilAt) return false;
  return !(
    measured &&
    inForce &&
    measured.at > inForce.knownAt &&
    measured.milliamps <= inForce.limitMilliamps
  );
}

/** When the books next change by time alone, at least {@link CHECK_MIN_MS} from now; null: never, as they stand. */
export function nextCheckAt(ledger: Ledger): number | null {
  const { at } = ledger;
  const somebodyWaits = ledger.connectors.some((entry) => wants(entry) && entry.servedSinceAt === null);
  const due = [
    ...ledger.chargers.flatMap(chargerDeadlines),
    ...pairs(ledger).flatMap(({ entry, charger }) => connectorDeadlines(entry, charger, somebodyWaits)),
  ].filter((deadline) => deadline > at);
  if (due.length === 0) return null;
  const next = due.reduce((a, b) => Math.min(a, b));
  return Math.min(Math.max(at + CHECK_MIN_MS, next), at + CHECK_MAX_MS);
}

export function wants(entry: ConnectorEntry): boolean {
  return entry.transactionId !== null;
}

function chargerDeadlines(charger: ChargerEntry): number[] {
  const { failSafe, link, heardByAt } = charger;
  const deadlines: number[] = [];
  if (link === 'unheard') deadlines.push(heardByAt);
  if (failSafe.sent) deadlines.push(failSafe.sent.sentAt + ANSWER_MS);
  if (failSafe.settling) deadlines.push(failSafe.settling.untilAt);
  if (isReachable(charger)) deadlines.push(failSafe.retryAt);
  return deadlines;
}

function connectorDeadlines(entry: ConnectorEntry, charger: ChargerEntry, somebodyWaits: boolean): number[] {
  const deadlines = entry.inFlight.map((sent) => sent.sentAt + ANSWER_MS);
  if (entry.settling) deadlines.push(entry.settling.untilAt);
  if (entry.overSinceAt !== null && !entry.ignoresLimits) deadlines.push(entry.overSinceAt + OVER_MS);
  for (const lease of [entry.inForce, entry.doubtful]) {
    if (lease) deadlines.push(lease.untilAt + LEASE_GRACE_MS);
  }
  if (!isReachable(charger) || !wants(entry)) return deadlines;
  deadlines.push(entry.retryAt);
  if (entry.inForce) deadlines.push(entry.inForce.renewAt);
  if (entry.raiseWantedSinceAt !== null) {
    deadlines.push(entry.raiseWantedSinceAt + PART_RAISE_AFTER_MS);
    deadlines.push(entry.raiseWantedSinceAt + SMALL_RAISE_AFTER_MS);
    if (entry.lastRaiseAt !== null) deadlines.push(entry.lastRaiseAt + RAISE_INTERVAL_MS);
  }
  if (somebodyWaits && entry.servedSinceAt !== null) deadlines.push(seatEndsAt(entry));
  return deadlines;
}

export function seatEndsAt(entry: ConnectorEntry): number {
  return (entry.servedSinceAt ?? 0) + (entry.demand === 'suspended' ? UNUSED_SEAT_MS : SEAT_MS);
}
