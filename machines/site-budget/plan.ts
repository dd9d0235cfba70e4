/**
 * One decision: from the books and the targets to what is sent now. Cuts, confirmations and renewals always; raises
 * only when allowed, and only into room that is free while everybody else draws its worst (lower before raise, P2).
 */
import { floorToLimitStep } from '../shared/units.ts';
import type { LimitedBy, Share } from './allocate.ts';
import { installFailSafes } from './fail-safe-plan.ts';
import {
  bookedMilliamps,
  type ConnectorEntry,
  fallbackMilliamps,
  isReachable,
  type Ledger,
  lastCommandedMilliamps,
  steadyFallbackMilliamps,
} from './ledger.ts';
import { isDue } from './ledger-leases.ts';
import {
  PART_RAISE_AFTER_MS,
  RAISE_INTERVAL_MS,
  RAISE_STEP_MILLIAMPS,
  SMALL_RAISE_AFTER_MS,
  wants,
} from './ledger-time.ts';
import {
  afterLease,
  type Decision,
  type Draft,
  draftOf,
  finish,
  put,
  type Seat,
  send,
} from './plan-draft.ts';
import { keyOf, rotateQueue, siteTargets } from './targets.ts';

export function plan(before: Ledger, rules: { mayRaise: boolean }): Decision {
  const rotated = rotateQueue(before);
  const targets = siteTargets(rotated);
  const draft = draftOf(installFailSafes({ ledger: rotated, orders: [] }, targets, rules.mayRaise), targets);
  const inQueue = [...draft.seats.values()].sort((a, b) => a.entry.queuedAt - b.entry.queuedAt);
  for (const seat of inQueue) keepOrCut(draft, seat);
  for (const seat of inQueue) raise(draft, seat, rules.mayRaise);
  return finish(draft);
}

/** The share, or for one that may claim nothing now: what it has. Undefined: nothing is to be sent to it. */
function shareOf({ ledger, targets }: Draft, { entry, charger }: Seat): Share | undefined {
  if (!isReachable(charger) || !wants(entry)) return undefined;
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
function keepOrCut(draft: Draft, seat: Seat): void {
  const share = shareOf(draft, seat);
  if (!share) return;
  const { entry, charger } = seat;
  const last = lastCommandedMilliamps(entry);
  const target = share.limitMilliamps;
  if (last === null) {
    const isFirstWord = entry.decidedFor !== entry.transactionId;
    const ruling = steadyFallbackMilliamps(charger);
    const isNews = target < ruling || (isFirstWord && target === ruling);
    if (isNews && isDue(entry.retryAt, draft.ledger.at)) send(draft, seat, target, share.limitedBy);
  } else if (target < last) {
    send(draft, seat, target, share.limitedBy);
  } else if (isRepeatDue(draft, seat)) {
    const code = entry.confirmed && !entry.doubtful ? 'budget.leaseRenewed' : 'budget.limitRepeated';
    send(draft, seat, last, { code, params: {} });
  }
}

/** The limit stands, but must be said again: in doubt, not confirmed since the link came back, or half its lease is over. */
function isRepeatDue(draft: Draft, seat: Seat): boolean {
  const { at } = draft.ledger;
  const { entry, charger } = seat;
  if (entry.inFlight.length > 0 || !isDue(entry.retryAt, at)) return false;
  if (entry.doubtful || !entry.confirmed) return true;
  if (!entry.inForce) return false;
  const after = afterLease(draft, seat);
  if (entry.inForce.afterLeaseMilliamps > after) return true;
  // A lease that says no more than the fail-safe says may run out.
  const saysMore =
    entry.inForce.limitMilliamps !== fallbackMilliamps(charger, at) || after !== entry.inForce.limitMilliamps;
  return saysMore && (at >= entry.inForce.renewAt || at < entry.inForce.knownAt);
}

function raise(draft: Draft, seat: Seat, mayRaise: boolean): void {
  const { at, limitMilliamps, minMilliamps } = draft.ledger;
  const share = shareOf(draft, seat);
  const { charger } = seat;
  const last = lastCommandedMilliamps(seat.entry) ?? steadyFallbackMilliamps(charger);
  const isWanted = share !== undefined && share.limitMilliamps > last;
  noteWish(draft, seat, share, isWanted);
  const { entry } = seat;
  if (!isWanted || !mayRaise || entry.inFlight.length > 0 || !isDue(entry.retryAt, at)) return;
  if (!isTimely(entry, share.limitMilliamps - last, at)) return;
  const booked = bookedMilliamps(entry, charger, at);
  const room = floorToLimitStep(limitMilliamps - (draft.bookedMilliamps - booked));
  if (room < booked) return;
  if (room >= share.limitMilliamps) {
    send(draft, seat, share.limitMilliamps, share.limitedBy, true);
    return;
  }
  const isPartTimely = at - (entry.raiseWantedSinceAt ?? at) >= PART_RAISE_AFTER_MS;
  if (!isPartTimely || room < minMilliamps || room - last < RAISE_STEP_MILLIAMPS) return;
  send(
    draft,
    seat,
    room,
    { code: 'budget.roomNow', params: { wantedMilliamps: share.limitMilliamps } },
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
function noteWish(draft: Draft, seat: Seat, share: Share | undefined, isWanted: boolean): void {
  const { at, minMilliamps } = draft.ledger;
  const { entry } = seat;
  const isServed = share !== undefined && share.limitMilliamps >= minMilliamps;
  const raiseWantedSinceAt = isWanted ? (entry.raiseWantedSinceAt ?? at) : null;
  const servedSinceAt = isServed ? (entry.servedSinceAt ?? at) : null;
  put(draft, seat, { ...entry, raiseWantedSinceAt, servedSinceAt });
}
