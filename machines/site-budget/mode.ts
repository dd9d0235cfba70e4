/** Which of the four modes the books call for. Exactly one is true at any time. */
import { type ChargerEntry, type ConnectorEntry, isReachable, type Ledger, leaseMayRun } from './ledger.ts';
import { FAILURES_MAX } from './ledger-leases.ts';
import type { SiteMode } from './site-budget.messages.ts';

type Standing = 'present' | 'returning' | 'missing' | 'reserved';

/**
 * - present: reachable, its fail-safe and its limits confirmed (or given up on after several tries, and counted so);
 * - returning: it is back, or not heard yet since the start, and not everything is confirmed;
 * - missing: away, and a limit may be running on it, or it never confirmed a fail-safe and its grace is not over;
 * - reserved: away, and counted at what it falls back to.
 */
function standingOf(charger: ChargerEntry, entries: readonly ConnectorEntry[], at: number): Standing {
  if (isReachable(charger)) {
    const { fresh, failures } = charger.failSafe;
    const isOpen =
      (!fresh && failures < FAILURES_MAX) ||
      entries.some((entry) => !entry.confirmed && entry.failures < FAILURES_MAX);
    return isOpen ? 'returning' : 'present';
  }
  if (charger.link === 'resync' || charger.link === 'unheard') return 'returning';
  const mayDraw = entries.some((entry) => leaseMayRun(entry, at));
  const isUnknown = charger.failSafe.confirmedMilliamps === null && charger.link === 'offline';
  return mayDraw || isUnknown ? 'missing' : 'reserved';
}

/** By charger. */
function standingsOf(ledger: Ledger): Map<string, Standing> {
  const entries = new Map<string, ConnectorEntry[]>();
  for (const entry of ledger.connectors) {
    const list = entries.get(entry.charger);
    if (list) list.push(entry);
    else entries.set(entry.charger, [entry]);
  }
  return new Map(
    ledger.chargers.map((charger) => [
      charger.charger,
      standingOf(charger, entries.get(charger.charger) ?? [], ledger.at),
    ]),
  );
}

/**
 * The strictest that any charger calls for: a returning one is asked first, a missing one forbids raises, a reserve
 * stands. Books that were never configured know nothing yet.
 */
export function siteMode(ledger: Ledger): SiteMode {
  if (ledger.leaseMs === 0) return 'resync';
  const standings = new Set(standingsOf(ledger).values());
  if (standings.has('returning')) return 'resync';
  if (standings.has('missing')) return 'offline';
  if (standings.has('reserved')) return 'fallback';
  return 'online';
}

/** The chargers behind the mode, for people. */
export function chargersBehind(ledger: Ledger, mode: SiteMode): string[] {
  const standing = ({ resync: 'returning', offline: 'missing', fallback: 'reserved', online: null } as const)[
    mode
  ];
  return [...standingsOf(ledger)].filter(([, its]) => its === standing).map(([charger]) => charger);
}
