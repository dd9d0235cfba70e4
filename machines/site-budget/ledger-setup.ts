/** How the books begin, and begin again with each start of the process. */
import type { ChargerEntry, ConnectorEntry, Ledger } from './ledger.ts';
import { LEASE_GRACE_MS } from './ledger.ts';
import { forgetSent, loseSight } from './ledger-leases.ts';
import type { BudgetSettings } from './site-budget.messages.ts';

export function newConnector(charger: string, connector: number): ConnectorEntry {
  return {
    charger,
    connector,
    demand: 'idle',
    transactionId: null,
    capMilliamps: null,
    inForce: null,
    inFlight: [],
    doubtful: null,
    settling: null,
    confirmed: true,
    measured: null,
    overSinceAt: null,
    ignoresLimits: false,
    refusesLimits: false,
    failures: 0,
    retryAt: 0,
    queuedAt: 0,
    servedSinceAt: null,
    lastRaiseAt: null,
    raiseWantedSinceAt: null,
    decidedFor: null,
    lastSentMilliamps: null,
  };
}

/** Nothing is known yet, not even a charger. */
export function emptyLedger(): Ledger {
  return {
    at: 0,
    limitMilliamps: 0,
    phases: 0,
    minMilliamps: 0,
    leaseMs: 0,
    chargers: [],
    connectors: [],
    lastOrder: 0,
  };
}

function newCharger(settings: BudgetSettings['chargers'][number], heardByAt: number): ChargerEntry {
  return {
    charger: settings.charger,
    ratingMilliamps: settings.maxMilliamps,
    fallbackMilliamps: settings.fallbackMilliamps,
    link: 'unheard',
    heardByAt,
    failSafe: {
      confirmedMilliamps: null,
      sent: null,
      doubtfulMilliamps: null,
      settling: null,
      fresh: false,
      failures: 0,
      retryAt: 0,
    },
  };
}

/**
 * A start of the process: what the books held is kept, everything under way is in doubt, and every charger that was
 * connected is unheard until it is heard, or until no lease of the earlier life can be running (P7).
 */
export function configure(ledger: Ledger, settings: BudgetSettings, at: number): Ledger {
  const leaseMs = Math.max(settings.leaseMs, ledger.leaseMs);
  const heardByAt = at + leaseMs + LEASE_GRACE_MS;
  const chargers = settings.chargers.map((wanted): ChargerEntry => {
    const known = ledger.chargers.find((entry) => entry.charger === wanted.charger);
    if (!known) return newCharger(wanted, heardByAt);
    const wasConnected = known.link !== 'offline' && known.link !== 'fallback';
    return {
      ...known,
      ratingMilliamps: wanted.maxMilliamps,
      fallbackMilliamps: wanted.fallbackMilliamps,
      link: wasConnected ? 'unheard' : known.link,
      heardByAt,
      failSafe: { ...forgetSent(known.failSafe), fresh: false },
    };
  });
  const connectors = settings.chargers.flatMap((wanted) => {
    const known = ledger.connectors.filter((entry) => entry.charger === wanted.charger);
    const numbers = Array.from({ length: wanted.connectors }, (_, index) => index + 1);
    const missing = numbers.filter((number) => !known.some((entry) => entry.connector === number));
    return [
      ...known.map((entry) => loseSight(entry, at, leaseMs)),
      ...missing.map((number) => newConnector(wanted.charger, number)),
    ];
  });
  const { limitMilliamps, phases, minMilliamps } = settings;
  return {
    ...ledger,
    at,
    limitMilliamps,
    phases,
    minMilliamps,
    leaseMs: settings.leaseMs,
    chargers,
    connectors,
  };
}
