import { demandOf } from '../../machines/shared/ocpp16.ts';
import type { Turn } from '../../runtime/host/actor-kind.ts';
import { connectorsOf, contextOf, noteOf, patchNote } from './books.ts';
import { chargerOf, tell } from './outbound.ts';

/** Tells the site budget what a connector wants, when it wants something else than before. */
export function tellDemand(turn: Turn, connector: number): void {
  if (!contextOf(turn).managed || connector < 1) return;
  const { status, session, transactionId, demand: told, demandTransactionId } = noteOf(turn, connector);
  const demand = demandOf(status, session !== null);
  if (demand === told && transactionId === demandTransactionId) return;
  if (!patchNote(turn, connector, { demand, demandTransactionId: transactionId })) return;
  const charger = chargerOf(turn);
  tell(turn, 'budget/site', 'budget.demandChanged', { charger, connector, demand, transactionId });
}

/** The budget may know nothing yet (load management was switched on, or its store was lost): everything is told again. */
export function tellAllDemands(turn: Turn): void {
  for (const connector of connectorsOf(turn)) {
    patchNote(turn, connector, { demand: null });
    tellDemand(turn, connector);
  }
}
