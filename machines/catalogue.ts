import type { AnyStateMachine } from 'xstate';
import { backendLinkMachine } from './backend-link/backend-link.machine.ts';
import { chargerMachine } from './charger/charger.machine.ts';
import { connectorMachine } from './connector/connector.machine.ts';
import { sessionMachine } from './session/session.machine.ts';
import { siteBudgetMachine } from './site-budget/site-budget.machine.ts';

/** Every machine of the site by the kind of its actor, as in addresses (`link/cp-01`). */
export const machines: Readonly<Record<string, AnyStateMachine>> = {
  charger: chargerMachine,
  connector: connectorMachine,
  session: sessionMachine,
  link: backendLinkMachine,
  budget: siteBudgetMachine,
};
