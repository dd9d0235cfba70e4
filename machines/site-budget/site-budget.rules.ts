/** The chart's guards, assignments and delays, by name. */
import { noteFact } from './ledger-facts.ts';
import { nextCheckAt, passTime } from './ledger-time.ts';
import { chargersBehind, siteMode } from './mode.ts';
import { plan } from './plan.ts';
import type { SiteBudgetContext, SiteBudgetEvent, SiteMode } from './site-budget.messages.ts';

interface Given {
  context: SiteBudgetContext;
  event: SiteBudgetEvent;
}

/** What happened goes into the books, and the time that it happened at passes. */
export function noted({ context, event }: Given): Partial<SiteBudgetContext> {
  if (event.type === 'budget.decide') return {};
  return { ledger: passTime(noteFact(context.ledger, event), event.at), orders: [] };
}

function decided(context: SiteBudgetContext, mayRaise: boolean): Partial<SiteBudgetContext> {
  const { ledger, orders } = plan(context.ledger, { mayRaise });
  return { ledger, orders, checkAt: nextCheckAt(ledger) };
}

export function decidedWithRaises({ context }: Given): Partial<SiteBudgetContext> {
  return decided(context, true);
}

export function decidedWithoutRaises({ context }: Given): Partial<SiteBudgetContext> {
  return decided(context, false);
}

export function modeCalledFor(mode: SiteMode): (given: Given) => boolean {
  return ({ context }) => siteMode(context.ledger) === mode;
}

export function millisecondsToNextCheck({ context }: { context: SiteBudgetContext }): number {
  return context.checkAt === null ? 0 : Math.max(0, context.checkAt - context.ledger.at);
}

export function announcementOf(context: SiteBudgetContext, mode: SiteMode) {
  return { mode, chargers: chargersBehind(context.ledger, mode) };
}
