/** How single connectors' books change: a limit is confirmed, fails, is lost from sight, or ends with its transaction. */
import {
  type ConnectorEntry,
  type FailSafe,
  IN_FLIGHT_MAX,
  LEASE_GRACE_MS,
  type Lease,
  leases,
  SETTLE_MS,
  type Sent,
  type Settling,
} from './ledger.ts';

/** After a failed or refused send: the first tries come soon, later ones slowly, without end. */
export const RETRY_MS = 5_000;
export const RETRY_SLOW_MS = 60_000;
export const FAILURES_MAX = 3;
/** The timer wakes at best each second, and the answer needs its time: renewals start a little early. */
const RENEW_EARLY_MS = 2_000;

export function retryAfter(failures: number, at: number): number {
  return at + (failures < FAILURES_MAX ? RETRY_MS : RETRY_SLOW_MS);
}

/** An instant further ahead than any that is ever set comes from before the clock stepped back: it is due. */
export function isDue(dueAt: number, at: number): boolean {
  return at >= dueAt || dueAt - at > RETRY_SLOW_MS;
}

/** Keeps the higher of two for as long as either counts. */
export function settle(current: Settling | null, limitMilliamps: number, at: number): Settling {
  const still = current && at < current.untilAt ? current.limitMilliamps : 0;
  return { limitMilliamps: Math.max(still, limitMilliamps), untilAt: at + SETTLE_MS };
}

/** The charger said Accepted to `sent`: what came before it is history, and counts for as long as the car needs. */
export function confirm(
  entry: ConnectorEntry,
  sent: Sent,
  at: number,
  rules: { leaseMs: number; fallbackMilliamps: number },
): ConnectorEntry {
  const older = [
    entry.inForce,
    ...entry.inFlight.filter((one) => one.order < sent.order),
    entry.doubtful && entry.doubtful.order < sent.order ? entry.doubtful : null,
  ].filter((one) => one !== null);
  const before = Math.max(
    entry.inForce ? 0 : rules.fallbackMilliamps,
    ...older.map((one) => one.limitMilliamps),
  );
  const stillCounts = entry.settling && at < entry.settling.untilAt;
  return {
    ...entry,
    inForce: {
      order: sent.order,
      transactionId: sent.transactionId,
      limitMilliamps: sent.limitMilliamps,
      afterLeaseMilliamps: sent.afterLeaseMilliamps,
      knownAt: at,
      sureUntilAt: sent.sentAt + rules.leaseMs - LEASE_GRACE_MS,
      untilAt: at + rules.leaseMs,
      renewAt: sent.sentAt + Math.floor(rules.leaseMs / 2) - RENEW_EARLY_MS,
    },
    inFlight: entry.inFlight.filter((one) => one.order > sent.order),
    doubtful: entry.doubtful && entry.doubtful.order > sent.order ? entry.doubtful : null,
    settling:
      before > sent.limitMilliamps ? settle(entry.settling, before, at) : stillCounts ? entry.settling : null,
    confirmed: true,
    refusesLimits: false,
    failures: 0,
    retryAt: 0,
  };
}

/** Whether those limits act is not known (no answer, refused, link lost): the highest of them counts on. */
export function doubt(
  entry: ConnectorEntry,
  doubted: readonly Sent[],
  at: number,
  leaseMs: number,
): ConnectorEntry {
  if (doubted.length === 0) return entry;
  const all = [...doubted, ...(entry.doubtful ? [entry.doubtful] : [])];
  const latest = all.reduce((a, b) => (b.order > a.order ? b : a));
  const doubtful: Lease = {
    order: latest.order,
    transactionId: latest.transactionId,
    limitMilliamps: Math.max(...all.map((one) => one.limitMilliamps)),
    afterLeaseMilliamps: Math.max(...all.map((one) => one.afterLeaseMilliamps)),
    knownAt: at,
    sureUntilAt: at,
    untilAt: at + leaseMs,
    renewAt: at,
  };
  const orders = new Set(doubted.map((one) => one.order));
  return { ...entry, doubtful, inFlight: entry.inFlight.filter((one) => !orders.has(one.order)) };
}

/** Puts a new limit on its way; past the bound the oldest one under way becomes doubtful. */
export function launch(entry: ConnectorEntry, sent: Sent, leaseMs: number): ConnectorEntry {
  const launched: ConnectorEntry = {
    ...entry,
    inFlight: [...entry.inFlight, sent],
    decidedFor: sent.transactionId,
    lastSentMilliamps: sent.limitMilliamps,
  };
  const excess = launched.inFlight.slice(0, Math.max(0, launched.inFlight.length - IN_FLIGHT_MAX));
  return doubt(launched, excess, sent.sentAt, leaseMs);
}

/** The link is gone: nothing under way will be answered, and any lease must be confirmed anew later. */
export function loseSight(entry: ConnectorEntry, at: number, leaseMs: number): ConnectorEntry {
  const lost = doubt(entry, entry.inFlight, at, leaseMs);
  return { ...lost, confirmed: leases(lost).length === 0, failures: 0, retryAt: 0 };
}

/**
 * Limits of a transaction that the charger says is over no longer act; the car may still be winding down.
 * Only to be asked while the charger can be heard: of one that is away, nobody knows that a transaction is over.
 */
export function dropEndedTransaction(entry: ConnectorEntry, at: number): ConnectorEntry {
  const over = [...leases(entry), ...entry.inFlight].filter(
    (one) => one.transactionId !== entry.transactionId,
  );
  if (over.length === 0) return entry;
  const others = <T extends { transactionId: number }>(one: T | null) =>
    one?.transactionId === entry.transactionId ? one : null;
  return {
    ...entry,
    inForce: others(entry.inForce),
    doubtful: others(entry.doubtful),
    inFlight: entry.inFlight.filter((one) => one.transactionId === entry.transactionId),
    settling: settle(entry.settling, Math.max(...over.map((one) => one.limitMilliamps)), at),
    ...nothingSeen,
  };
}

/** What was seen of a connector during one transaction says nothing about the next. */
export const nothingSeen = {
  measured: null,
  overSinceAt: null,
  ignoresLimits: false,
  refusesLimits: false,
  confirmed: true,
  failures: 0,
  retryAt: 0,
} satisfies Partial<ConnectorEntry>;

/** A fail-safe limit whose answer will never come counts as doubtful. */
export function forgetSent(failSafe: FailSafe): FailSafe {
  if (!failSafe.sent) return failSafe;
  const doubtfulMilliamps = Math.max(failSafe.doubtfulMilliamps ?? 0, failSafe.sent.limitMilliamps);
  return { ...failSafe, sent: null, doubtfulMilliamps };
}
