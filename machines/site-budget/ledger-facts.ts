/** How the books change with each fact: one pure function per event, and one for the passing of time. */
import {
  type ChargerEntry,
  type ConnectorEntry,
  chargerOf,
  type FailSafe,
  fallbackMilliamps,
  type Ledger,
} from './ledger.ts';
import {
  confirm,
  doubt,
  dropEndedTransaction,
  FAILURES_MAX,
  forgetSent,
  loseSight,
  nothingSeen,
  retryAfter,
  settle,
} from './ledger-leases.ts';
import { configure, newConnector } from './ledger-setup.ts';
import type { SiteBudgetEvent } from './site-budget.messages.ts';

type Fact<T extends SiteBudgetEvent['type']> = Extract<SiteBudgetEvent, { type: T }>;

/** Connector numbers above this are not believed. */
const CONNECTOR_NUMBER_MAX = 64;

/** Above its limit by more than this for {@link OVER_MS}, a car or charger ignores limits. */
export const OVER_TOLERANCE_MILLIAMPS = 1_000;
export const OVER_MS = 10_000;

export function noteCharger(ledger: Ledger, fact: Fact<'budget.chargerChanged'>): Ledger {
  const charger = chargerOf(ledger, fact.charger);
  // A charger without a known place under the connection: nothing is known of its fuse, so nothing is given to it.
  if (!charger) return ledger;
  const known = withConnectors(ledger, charger, fact.connectors);
  if (charger.link === fact.mode) return known;
  const cameOnline = fact.mode === 'online';
  const failSafe = cameOnline ? { ...charger.failSafe, failures: 0, retryAt: 0 } : charger.failSafe;
  return {
    ...known,
    chargers: known.chargers.map((entry) =>
      entry.charger === fact.charger
        ? { ...charger, link: fact.mode, failSafe: { ...forgetSent(failSafe), fresh: false } }
        : entry,
    ),
    connectors: known.connectors.map((entry) => {
      if (entry.charger !== fact.charger) return entry;
      const unseen = loseSight(entry, fact.at, ledger.leaseMs);
      return fact.mode === 'online' || fact.mode === 'resync'
        ? dropEndedTransaction(unseen, fact.at)
        : unseen;
    }),
  };
}

function withConnectors(ledger: Ledger, charger: ChargerEntry, numbers: number[]): Ledger {
  const known = new Set(
    ledger.connectors.filter((entry) => entry.charger === charger.charger).map((entry) => entry.connector),
  );
  const added = [...new Set(numbers)].filter(
    (number) =>
      Number.isInteger(number) && number >= 1 && number <= CONNECTOR_NUMBER_MAX && !known.has(number),
  );
  if (added.length === 0) return ledger;
  const entries = added.map((number) => newConnector(charger.charger, number));
  return { ...ledger, connectors: [...ledger.connectors, ...entries] };
}

function changeConnector(
  ledger: Ledger,
  fact: { charger: string; connector: number },
  change: (entry: ConnectorEntry) => ConnectorEntry,
): Ledger {
  let changed = false;
  const connectors = ledger.connectors.map((entry) => {
    if (entry.charger !== fact.charger || entry.connector !== fact.connector) return entry;
    const next = change(entry);
    changed ||= next !== entry;
    return next;
  });
  return changed ? { ...ledger, connectors } : ledger;
}

export function noteDemand(ledger: Ledger, fact: Fact<'budget.demandChanged'>): Ledger {
  const charger = chargerOf(ledger, fact.charger);
  if (!charger) return ledger;
  const known = withConnectors(ledger, charger, [fact.connector]);
  return changeConnector(known, fact, (entry) => {
    const { demand, transactionId } = fact;
    if (transactionId === entry.transactionId) return demand === entry.demand ? entry : { ...entry, demand };
    const queued = { queuedAt: fact.at, servedSinceAt: null, raiseWantedSinceAt: null, lastRaiseAt: null };
    const changed: ConnectorEntry = { ...entry, demand, transactionId, ...queued };
    const isHeard = charger.link === 'online' || charger.link === 'resync';
    return isHeard ? { ...dropEndedTransaction(changed, fact.at), ...nothingSeen } : changed;
  });
}

export function noteMeasured(ledger: Ledger, fact: Fact<'budget.measured'>): Ledger {
  return changeConnector(ledger, fact, (entry) => {
    if (entry.measured && fact.measuredAt < entry.measured.at) return entry;
    const milliamps = Math.max(0, ...fact.currentMilliamps);
    const limit = entry.inForce;
    const measured = { milliamps, at: fact.measuredAt };
    if (!limit || milliamps <= limit.limitMilliamps + OVER_TOLERANCE_MILLIAMPS) {
      return { ...entry, measured, overSinceAt: null, ignoresLimits: false };
    }
    // While the car is still following a new limit, being above it says nothing.
    const isSettled = !entry.settling || fact.measuredAt >= entry.settling.untilAt;
    return { ...entry, measured, overSinceAt: entry.overSinceAt ?? (isSettled ? fact.measuredAt : null) };
  });
}

export function noteCap(ledger: Ledger, fact: Fact<'budget.capChanged'>): Ledger {
  return changeConnector(ledger, fact, (entry) => ({ ...entry, capMilliamps: fact.capMilliamps }));
}

export function noteLimit(ledger: Ledger, fact: Fact<'budget.limitChanged'>): Ledger {
  return { ...ledger, limitMilliamps: Math.max(0, Math.floor(fact.limitMilliamps)) };
}

export function noteAnswer(ledger: Ledger, fact: Fact<'limits.answered'>): Ledger {
  const charger = chargerOf(ledger, fact.charger);
  if (!charger) return ledger;
  if (charger.failSafe.sent?.correlation === fact.correlation) {
    return changeFailSafe(ledger, charger, failSafeAnswered(charger, fact.status, fact.at));
  }
  return changeConnector(ledger, fact, (entry) => {
    const sent = entry.inFlight.find((one) => one.correlation === fact.correlation);
    if (!sent) return entry;
    if (fact.status !== 'Accepted') return failed(entry, fact, ledger.leaseMs, fact.status);
    return confirm(entry, sent, fact.at, {
      leaseMs: ledger.leaseMs,
      fallbackMilliamps: fallbackMilliamps(charger, fact.at),
    });
  });
}

export function noteFailure(ledger: Ledger, fact: Fact<'limits.failed'>): Ledger {
  const charger = chargerOf(ledger, fact.charger);
  if (!charger) return ledger;
  if (charger.failSafe.sent?.correlation === fact.correlation) {
    return changeFailSafe(ledger, charger, failSafeFailed(charger.failSafe, fact.at));
  }
  return changeConnector(ledger, fact, (entry) => failed(entry, fact, ledger.leaseMs, 'failed'));
}

/** Old and new limit both count until a later one is confirmed; refused for good, not even that is believed. */
function failed(
  entry: ConnectorEntry,
  fact: { at: number; correlation: string },
  leaseMs: number,
  status: string,
): ConnectorEntry {
  const sent = entry.inFlight.find((one) => one.correlation === fact.correlation);
  if (!sent) return entry;
  const failures = entry.failures + 1;
  const refuses =
    status === 'NotSupported' || (status !== 'failed' && failures >= FAILURES_MAX) || entry.refusesLimits;
  return {
    ...doubt(entry, [sent], fact.at, leaseMs),
    failures,
    retryAt: retryAfter(refuses ? FAILURES_MAX : failures, fact.at),
    refusesLimits: refuses,
  };
}

export function failSafeFailed(failSafe: FailSafe, at: number): FailSafe {
  const failures = failSafe.failures + 1;
  return { ...forgetSent(failSafe), failures, retryAt: retryAfter(failures, at) };
}

function failSafeAnswered(charger: ChargerEntry, status: string, at: number): FailSafe {
  const { failSafe } = charger;
  const sent = failSafe.sent!;
  if (status !== 'Accepted') {
    const failed = failSafeFailed(failSafe, at);
    const isFinal = status === 'NotSupported' || failed.failures >= FAILURES_MAX;
    return isFinal ? { ...failed, confirmedMilliamps: null } : failed;
  }
  const before = fallbackMilliamps(charger, at);
  return {
    confirmedMilliamps: sent.limitMilliamps,
    sent: null,
    doubtfulMilliamps: null,
    settling: before > sent.limitMilliamps ? settle(failSafe.settling, before, at) : null,
    fresh: true,
    failures: 0,
    retryAt: 0,
  };
}

export function changeFailSafe(ledger: Ledger, charger: ChargerEntry, failSafe: FailSafe): Ledger {
  const chargers = ledger.chargers.map((entry) =>
    entry.charger === charger.charger ? { ...entry, failSafe } : entry,
  );
  return { ...ledger, chargers };
}

/** Puts one event into the books. */
export function noteFact(ledger: Ledger, event: SiteBudgetEvent): Ledger {
  switch (event.type) {
    case 'budget.configured':
      return configure(ledger, event, event.at);
    case 'budget.chargerChanged':
      return noteCharger(ledger, event);
    case 'budget.demandChanged':
      return noteDemand(ledger, event);
    case 'budget.measured':
      return noteMeasured(ledger, event);
    case 'budget.capChanged':
      return noteCap(ledger, event);
    case 'budget.limitChanged':
      return noteLimit(ledger, event);
    case 'limits.answered':
      return noteAnswer(ledger, event);
    case 'limits.failed':
      return noteFailure(ledger, event);
    case 'budget.checkDue':
    case 'budget.decide':
      return ledger;
  }
}
