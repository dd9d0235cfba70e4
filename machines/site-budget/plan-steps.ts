import type { ConnectorEntry, Ledger } from './ledger.ts';
import { RETRY_SLOW_MS } from './ledger-leases.ts';

/** An instant further ahead than any that is ever set comes from before the clock stepped back: it is due. */
export function isDue(dueAt: number, at: number): boolean {
  return at >= dueAt || dueAt - at > RETRY_SLOW_MS;
}

export function replaceConnector(ledger: Ledger, next: ConnectorEntry): Ledger {
  const connectors = ledger.connectors.map((entry) =>
    entry.charger === next.charger && entry.connector === next.connector ? next : entry,
  );
  return { ...ledger, connectors };
}
