/** The chart's guards, assignments and delays, by name. */
import { noteFact } from './ledger-facts.ts';
import { nextCheckAt, passTime } from './ledger-time.ts';
import { chargersBehind, siteMode } from './mode.ts';
import { plan } from './plan.ts';
import type { SiteBudgetContext, SiteBudgetEvent, SiteMode } from './site-budget.messages.ts';

/** Less than this is not a clock that stepped back, only the order in which things were taken up. */
const CLOCK_STEP_MS = 10_000;

interface Given {
  context: SiteBudgetContext;
  event: SiteBudgetEvent;
}

/** What happened goes into the books, and the time that it happened at passes. */
export function noted({ context, event }: Given): Partial<SiteBudgetContext> {
  if (event.type === 'budget.decide') return {};
  const at = timeOf(context.ledger.at, event);
  return { ledger: passTime(noteFact(context.ledger, { ...event, at }), at), orders: [] };
}

/** A tell may be late, and is dated when it was sent: only what comes straight from the clock can move time back. */
function timeOf(knownAt: number, event: Exclude<SiteBudgetEvent, { type: 'budget.decide' }>): number {
  const isFromClock =
    event.type === 'budget.checkDue' ||
    event.type === 'budget.configured' ||
    event.type === 'limits.answered' ||
    event.type === 'limits.failed';
  return isFromClock && knownAt - event.at > CLOCK_STEP_MS ? event.at : Math.max(knownAt, event.at);
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
