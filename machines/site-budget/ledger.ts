/**
 * The site budget's books: what every connector may be drawing at worst, from what was sent, what was confirmed
 * and what was lost. Plain data and pure functions. Times are wall milliseconds, currents milliamperes per phase.
 * Definition of the worst case W and of the invariants P1 to P7: docs, section on invariants.
 */

/** IEC 61851: a car follows a lower limit within 5 s; also the margin on both ends of a lease. */
export const SETTLE_MS = 5_000;
export const LEASE_GRACE_MS = 5_000;

/** How a charger stands; `unheard`: this process has heard nothing of it since its start. */
export type ChargerLink = 'unheard' | 'online' | 'offline' | 'fallback' | 'resync';

/** A value that counts until an instant although a lower one is confirmed: the car needs time to follow. */
export interface Settling {
  limitMilliamps: number;
  untilAt: number;
}

/** The permanent default inside the charger, one value for each of its connectors. */
export interface FailSafe {
  /** Null: never confirmed anything, so the rating counts. */
  confirmedMilliamps: number | null;
  sent: { correlation: string; limitMilliamps: number; sentAt: number } | null;
  /** The highest value sent without a clear answer since the last confirmed one. */
  doubtfulMilliamps: number | null;
  settling: Settling | null;
  /** Confirmed again since the charger last came online. */
  fresh: boolean;
  failures: number;
  retryAt: number;
}

export interface ChargerEntry {
  charger: string;
  ratingMilliamps: number;
  /** As configured; what is in the charger stands in `failSafe`. */
  fallbackMilliamps: number;
  link: ChargerLink;
  /** Unheard: after this instant no lease of an earlier life can be running. */
  heardByAt: number;
  failSafe: FailSafe;
}

/** A limit on its way to the charger. */
export interface Sent {
  order: number;
  correlation: string;
  transactionId: number;
  limitMilliamps: number;
  afterLeaseMilliamps: number;
  sentAt: number;
}

/** A limit that is, or may be, in force in the charger for a bounded time. */
export interface Lease {
  order: number;
  transactionId: number;
  limitMilliamps: number;
  afterLeaseMilliamps: number;
  /** When the charger confirmed it; for a doubtful one, when the doubt arose. */
  knownAt: number;
  /** Until then it has surely not run out; the latest instant at which it may still run is `untilAt`. */
  sureUntilAt: number;
  untilAt: number;
  /** Renewed from here on: before half of the lease has passed. */
  renewAt: number;
}

export type Demand = 'idle' | 'preparing' | 'charging' | 'suspended';

export interface ConnectorEntry {
  charger: string;
  connector: number;
  demand: Demand;
  /** As the charger knows it; null: no transaction, nothing is ever sent, the fail-safe rules. */
  transactionId: number | null;
  /** The least that the CPMS's profiles allow; null: no bound. */
  capMilliamps: number | null;
  inForce: Lease | null;
  /** Oldest first; bounded, see {@link IN_FLIGHT_MAX}. */
  inFlight: Sent[];
  /** Everything sent later than `inForce` that failed or got no answer, as one lease that covers them all. */
  doubtful: Lease | null;
  settling: Settling | null;
  /** False from the loss of the link until a limit is confirmed anew, when a lease may have been running. */
  confirmed: boolean;
  measured: { milliamps: number; at: number } | null;
  /** Since when it has been measured above its limit by more than the tolerance. */
  overSinceAt: number | null;
  ignoresLimits: boolean;
  refusesLimits: boolean;
  /** Failed or refused sends in a row. */
  failures: number;
  retryAt: number;
  /** Place in the queue for current: earliest first. */
  queuedAt: number;
  /** Since when it has been given at least the minimum; null: it waits, or wants nothing. */
  servedSinceAt: number | null;
  lastRaiseAt: number | null;
  raiseWantedSinceAt: number | null;
  /** The transaction for which a limit was last sent, and that limit. */
  decidedFor: number | null;
  lastSentMilliamps: number | null;
}

export interface Ledger {
  /** The latest instant that the books know. */
  at: number;
  limitMilliamps: number;
  phases: number;
  minMilliamps: number;
  leaseMs: number;
  /** In the order of the configuration, which decides who keeps a fail-safe limit when not all fit. */
  chargers: ChargerEntry[];
  connectors: ConnectorEntry[];
  /** Numbers every order ever given: correlations never repeat within a data folder. */
  lastOrder: number;
}

/** More limits than this under way to one connector: the oldest joins the doubtful ones. */
export const IN_FLIGHT_MAX = 4;

export function chargerOf(ledger: Ledger, charger: string): ChargerEntry | undefined {
  return ledger.chargers.find((entry) => entry.charger === charger);
}

export function isReachable(charger: ChargerEntry): boolean {
  return charger.link === 'online';
}

/** What rules in the charger when no lease does, at worst. */
export function fallbackMilliamps(charger: ChargerEntry, at: number): number {
  const { settling } = charger.failSafe;
  const wasHigher = settling && at < settling.untilAt ? settling.limitMilliamps : 0;
  return Math.max(steadyFallbackMilliamps(charger), wasHigher);
}

/** True while some limit may be in force in the charger, confirmed or not. */
export function leaseMayRun(entry: ConnectorEntry, at: number): boolean {
  return entry.inFlight.length > 0 || leases(entry).some((lease) => at < lease.untilAt + LEASE_GRACE_MS);
}

/** True while a confirmed limit cannot have run out; whatever was sent after it runs out later still. */
export function leaseSurelyRuns(entry: ConnectorEntry, at: number): boolean {
  return entry.inForce !== null && at >= entry.inForce.knownAt && at < entry.inForce.sureUntilAt;
}

export function leases(entry: ConnectorEntry): Lease[] {
  return [entry.inForce, entry.doubtful].filter((lease) => lease !== null);
}

/** The last limit sent, answered or not; null when none can be acting. */
export function lastCommandedMilliamps(entry: ConnectorEntry): number | null {
  return entry.inFlight.length > 0 || leases(entry).length > 0 ? entry.lastSentMilliamps : null;
}

/** What rules in the charger for good when no lease does, the passing time of a change left out. */
export function steadyFallbackMilliamps(charger: ChargerEntry): number {
  const { confirmedMilliamps, sent, doubtfulMilliamps } = charger.failSafe;
  if (confirmedMilliamps === null) return charger.ratingMilliamps;
  return Math.max(confirmedMilliamps, sent?.limitMilliamps ?? 0, doubtfulMilliamps ?? 0);
}

/**
 * A reading counts as long as nothing newer speaks against it: one taken before the car had settled at its present
 * limit is history once that time is over.
 */
export function countedMeasuredMilliamps(entry: ConnectorEntry, at: number): number | null {
  if (!entry.measured) return null;
  const settledAt = entry.inForce ? entry.inForce.knownAt + SETTLE_MS : 0;
  return entry.measured.at >= settledAt || at < settledAt ? entry.measured.milliamps : null;
}

/** The highest that rules on the connector once its lease is over. */
function afterLeaseMilliamps(entry: ConnectorEntry, charger: ChargerEntry, at: number): number {
  const values = [...leases(entry), ...entry.inFlight].map((one) => one.afterLeaseMilliamps);
  return Math.max(fallbackMilliamps(charger, at), ...values);
}

function highestLimitMilliamps(entry: ConnectorEntry, at: number): number {
  const running = leases(entry).filter((lease) => at < lease.untilAt + LEASE_GRACE_MS);
  const limits = [...running, ...entry.inFlight].map((one) => one.limitMilliamps);
  const wasHigher = entry.settling && at < entry.settling.untilAt ? entry.settling.limitMilliamps : 0;
  return Math.max(0, wasHigher, ...limits);
}

/**
 * W: the most that the connector may draw per phase at that instant.
 *
 * A connector without a transaction is counted at its fail-safe limit, for the charger may start one without our
 * consent; gating of starts would make it 0.
 */
export function worstCaseMilliamps(entry: ConnectorEntry, charger: ChargerEntry, at: number): number {
  const reachable = isReachable(charger);
  let worst = highestLimitMilliamps(entry, at);
  if (reachable || leaseMayRun(entry, at)) {
    worst = Math.max(worst, countedMeasuredMilliamps(entry, at) ?? 0);
  }
  if (!reachable || !leaseSurelyRuns(entry, at)) {
    worst = Math.max(worst, afterLeaseMilliamps(entry, charger, at));
  }
  if (entry.ignoresLimits || entry.refusesLimits) {
    worst = Math.max(worst, entry.measured?.milliamps ?? charger.ratingMilliamps);
  }
  return worst;
}

/** W, or what W becomes when the link is lost now: this much stays reserved, so that no loss can cause an excess (P3). */
export function bookedMilliamps(entry: ConnectorEntry, charger: ChargerEntry, at: number): number {
  return Math.max(worstCaseMilliamps(entry, charger, at), afterLeaseMilliamps(entry, charger, at));
}

/** Every connector with its charger, in a stable order. */
export function pairs(ledger: Ledger): Array<{ entry: ConnectorEntry; charger: ChargerEntry }> {
  const byId = new Map(ledger.chargers.map((charger) => [charger.charger, charger]));
  return ledger.connectors.flatMap((entry) => {
    const charger = byId.get(entry.charger);
    return charger ? [{ entry, charger }] : [];
  });
}

/** Every connector is counted on every phase: which phases a car uses is not known here. */
export function totalBookedMilliamps(ledger: Ledger): number {
  return pairs(ledger).reduce(
    (sum, { entry, charger }) => sum + bookedMilliamps(entry, charger, ledger.at),
    0,
  );
}

export function totalWorstCaseMilliamps(ledger: Ledger): number {
  return pairs(ledger).reduce(
    (sum, { entry, charger }) => sum + worstCaseMilliamps(entry, charger, ledger.at),
    0,
  );
}
