/**
 * One decision: from the books and the targets to what is sent now. Cuts, confirmations and renewals always; raises
 * only when allowed, and only into room that is free while everybody else draws its worst (lower before raise, P2).
 */
import { floorToLimitStep } from '../shared/units.ts';
import type { LimitedBy, Share } from './allocate.ts';
import { installFailSafes } from './fail-safe-plan.ts';
import {
  bookedMilliamps,
  type ChargerEntry,
  type ConnectorEntry,
  chargerOf,
  fallbackMilliamps,
  isReachable,
  type Ledger,
  lastCommandedMilliamps,
  leaseSurelyRuns,
  leases,
  steadyFallbackMilliamps,
  totalBookedMilliamps,
} from './ledger.ts';
import { launch } from './ledger-leases.ts';
import {
  PART_RAISE_AFTER_MS,
  RAISE_INTERVAL_MS,
  RAISE_STEP_MILLIAMPS,
  SMALL_RAISE_AFTER_MS,
  wants,
} from './ledger-time.ts';
import { isDue, replaceConnector } from './plan-steps.ts';
import type { Order } from './site-budget.messages.ts';
import { keyOf, rotateQueue, type SiteTargets, siteTargets } from './targets.ts';

export interface Decision {
  ledger: Ledger;
  orders: Order[];
}

export function plan(before: Ledger, rules: { mayRaise: boolean }): Decision {
  const rotated = rotateQueue(before);
  const targets = siteTargets(rotated);
  let decision = installFailSafes({ ledger: rotated, orders: [] }, targets, rules.mayRaise);
  const inQueue = [...rotated.connectors].sort((a, b) => a.queuedAt - b.queuedAt);
  for (const { charger, connector } of inQueue) {
    decision = keepOrCut(decision, find(decision.ledger, charger, connector), targets);
  }
  for (const { charger, connector } of inQueue) {
    decision = raise(decision, find(decision.ledger, charger, connector), targets, rules.mayRaise);
  }
  return decision;
}

function find(ledger: Ledger, charger: string, connector: number): ConnectorEntry {
  return ledger.connectors.find((entry) => entry.charger === charger && entry.connector === connector)!;
}

/** The share, or for one that may claim nothing now: what it has. Undefined: nothing is to be sent to it. */
function shareOf(entry: ConnectorEntry, ledger: Ledger, targets: SiteTargets): Share | undefined {
  const charger = chargerOf(ledger, entry.charger);
  if (!charger || !isReachable(charger) || !wants(entry)) return undefined;
  const share = targets.shares.get(keyOf(entry));
  if (share) return share;
  const last = lastCommandedMilliamps(entry);
  if (last === null) return undefined;
  const cap = floorToLimitStep(entry.capMilliamps ?? last);
  const limitMilliamps = last <= cap ? last : cap < ledger.minMilliamps ? 0 : cap;
  return { limitMilliamps, limitedBy: { code: heldBecause(entry), params: {} } };
}

function heldBecause(entry: ConnectorEntry): LimitedBy['code'] {
  if (entry.ignoresLimits) return 'budget.limitIgnored';
  return entry.refusesLimits ? 'budget.limitRefused' : 'budget.failSafeUnconfirmed';
}

/** Everything that cannot add to the worst case: a lower limit, the same again because it is due, a first word. */
function keepOrCut(decision: Decision, entry: ConnectorEntry, targets: SiteTargets): Decision {
  const { ledger } = decision;
  const share = shareOf(entry, ledger, targets);
  if (!share) return decision;
  const last = lastCommandedMilliamps(entry);
  const charger = chargerOf(ledger, entry.charger)!;
  const target = share.limitMilliamps;
  if (last === null) {
    const isFirstWord = entry.decidedFor !== entry.transactionId;
    const ruling = steadyFallbackMilliamps(charger);
    const isNews = target < ruling || (isFirstWord && target === ruling);
    if (!isNews || !isDue(entry.retryAt, ledger.at)) return decision;
    return send(decision, entry, target, share.limitedBy, targets);
  }
  if (target < last) return send(decision, entry, target, share.limitedBy, targets);
  if (!isRepeatDue(entry, ledger, targets)) return decision;
  const code = entry.confirmed && !entry.doubtful ? 'budget.leaseRenewed' : 'budget.limitRepeated';
  return send(decision, entry, last, { code, params: {} }, targets);
}

/** The limit stands, but must be said again: in doubt, not confirmed since the link came back, or half its lease is over. */
function isRepeatDue(entry: ConnectorEntry, ledger: Ledger, targets: SiteTargets): boolean {
  const { at } = ledger;
  if (entry.inFlight.length > 0 || !isDue(entry.retryAt, at)) return false;
  if (entry.doubtful || !entry.confirmed) return true;
  if (!entry.inForce) return false;
  const charger = chargerOf(ledger, entry.charger)!;
  const after = afterLease(entry, charger, targets);
  if (entry.inForce.afterLeaseMilliamps > after) return true;
  // A lease that says no more than the fail-safe says may run out.
  const saysMore =
    entry.inForce.limitMilliamps !== fallbackMilliamps(charger, at) || after !== entry.inForce.limitMilliamps;
  return saysMore && (at >= entry.inForce.renewAt || at < entry.inForce.knownAt);
}

/** The fail-safe limit: never more than the charger has confirmed, and nothing where the CPMS allows less. */
function afterLease(entry: ConnectorEntry, charger: ChargerEntry, targets: SiteTargets): number {
  const wanted = targets.fallbacks.get(entry.charger) ?? 0;
  const fallback = Math.min(wanted, charger.failSafe.confirmedMilliamps ?? 0);
  return entry.capMilliamps !== null && entry.capMilliamps < fallback ? 0 : fallback;
}

function raise(decision: Decision, entry: ConnectorEntry, targets: SiteTargets, mayRaise: boolean): Decision {
  const { ledger } = decision;
  const { at } = ledger;
  const share = shareOf(entry, ledger, targets);
  const charger = chargerOf(ledger, entry.charger);
  if (!share || !charger) return noteWish(decision, entry, share, false);
  const last = lastCommandedMilliamps(entry) ?? steadyFallbackMilliamps(charger);
  const isWanted = share.limitMilliamps > last;
  const noted = noteWish(decision, entry, share, isWanted);
  const wish = find(noted.ledger, entry.charger, entry.connector);
  if (!isWanted || !mayRaise || wish.inFlight.length > 0 || !isDue(wish.retryAt, at)) return noted;
  if (!isTimely(wish, share.limitMilliamps - last, at)) return noted;
  const booked = bookedMilliamps(wish, charger, at);
  const room = floorToLimitStep(ledger.limitMilliamps - (totalBookedMilliamps(noted.ledger) - booked));
  if (room < booked) return noted;
  if (room >= share.limitMilliamps)
    return send(noted, wish, share.limitMilliamps, share.limitedBy, targets, true);
  const isPartTimely = at - (wish.raiseWantedSinceAt ?? at) >= PART_RAISE_AFTER_MS;
  if (!isPartTimely || room < ledger.minMilliamps || room - last < RAISE_STEP_MILLIAMPS) return noted;
  return send(
    noted,
    wish,
    room,
    { code: 'budget.roomNow', params: { wantedMilliamps: share.limitMilliamps } },
    targets,
    true,
  );
}

/** Hysteresis: at least 1 A or wanted for 30 s, and not too often, except for the first limit of a transaction. */
function isTimely(entry: ConnectorEntry, gainMilliamps: number, at: number): boolean {
  if (entry.decidedFor !== entry.transactionId) return true;
  const wantedFor = at - (entry.raiseWantedSinceAt ?? at);
  if (gainMilliamps < RAISE_STEP_MILLIAMPS && wantedFor < SMALL_RAISE_AFTER_MS) return false;
  return entry.lastRaiseAt === null || isDue(entry.lastRaiseAt + RAISE_INTERVAL_MS, at);
}

/** Keeps since when a raise is wanted, and since when the connector has its seat at the minimum. */
function noteWish(
  decision: Decision,
  entry: ConnectorEntry,
  share: Share | undefined,
  isWanted: boolean,
): Decision {
  const { at, minMilliamps } = decision.ledger;
  const isServed = share !== undefined && share.limitMilliamps >= minMilliamps;
  const raiseWantedSinceAt = isWanted ? (entry.raiseWantedSinceAt ?? at) : null;
  const servedSinceAt = isServed ? (entry.servedSinceAt ?? at) : null;
  if (raiseWantedSinceAt === entry.raiseWantedSinceAt && servedSinceAt === entry.servedSinceAt)
    return decision;
  return {
    ...decision,
    ledger: replaceConnector(decision.ledger, { ...entry, raiseWantedSinceAt, servedSinceAt }),
  };
}

function send(
  decision: Decision,
  entry: ConnectorEntry,
  limitMilliamps: number,
  limitedBy: { code: string; params: Record<string, number> },
  targets: SiteTargets,
  isRaise = false,
): Decision {
  const { ledger } = decision;
  const { at, leaseMs } = ledger;
  const { charger, connector } = entry;
  const transactionId = entry.transactionId!;
  const order = ledger.lastOrder + 1;
  const correlation = `limit-${order}`;
  const afterLeaseMilliamps = afterLease(entry, chargerOf(ledger, entry.charger)!, targets);
  const sent = { order, correlation, transactionId, limitMilliamps, afterLeaseMilliamps, sentAt: at };
  const launched = launch(entry, sent, leaseMs);
  const next = isRaise ? { ...launched, lastRaiseAt: at, raiseWantedSinceAt: null } : launched;
  const previous = lastCommandedMilliamps(entry);
  const params = {
    ...limitedBy.params,
    siteLimitMilliamps: ledger.limitMilliamps,
    reservedMilliamps: targets.reservedMilliamps,
    ...(previous === null ? {} : { previousMilliamps: previous }),
  };
  return {
    ledger: { ...replaceConnector(ledger, next), lastOrder: order },
    orders: [
      ...decision.orders,
      {
        type: 'recordDecision',
        params: { reason: { code: limitedBy.code, params }, charger, connector, limitMilliamps },
      },
      {
        type: 'sendLimit',
        params: {
          charger,
          connector,
          transactionId,
          limitMilliamps,
          leaseMs,
          fallbackMilliamps: afterLeaseMilliamps,
          correlation,
          isCut: isCut(entry, ledger, limitMilliamps),
        },
      },
    ],
  };
}

/** Lower than anything that may be in force: only then may it go out before it is on disk. */
function isCut(entry: ConnectorEntry, ledger: Ledger, limitMilliamps: number): boolean {
  const charger = chargerOf(ledger, entry.charger)!;
  const mayAct = [...leases(entry), ...entry.inFlight].map((one) => one.limitMilliamps);
  if (!leaseSurelyRuns(entry, ledger.at)) mayAct.push(charger.failSafe.confirmedMilliamps ?? 0);
  return mayAct.every((milliamps) => limitMilliamps < milliamps);
}
