/** Which fail-safe limits are installed now: unconfirmed ones, lower ones at once, higher ones into free room. */
import {
  type ChargerEntry,
  fallbackMilliamps,
  isReachable,
  type Ledger,
  totalBookedMilliamps,
} from './ledger.ts';
import { changeFailSafe } from './ledger-facts.ts';
import { isDue } from './ledger-leases.ts';
import type { Decision } from './plan-draft.ts';
import type { SiteTargets } from './targets.ts';

export function installFailSafes(decision: Decision, targets: SiteTargets, mayRaise: boolean): Decision {
  let next = decision;
  for (const charger of decision.ledger.chargers) {
    const limitMilliamps = wantedFailSafe(next.ledger, charger, targets, mayRaise);
    if (limitMilliamps !== undefined) next = install(next, charger, limitMilliamps, targets);
  }
  return next;
}

function wantedFailSafe(
  ledger: Ledger,
  charger: ChargerEntry,
  targets: SiteTargets,
  mayRaise: boolean,
): number | undefined {
  const { confirmedMilliamps, doubtfulMilliamps, sent, fresh, retryAt } = charger.failSafe;
  if (!isReachable(charger) || sent || !isDue(retryAt, ledger.at)) return undefined;
  const target = targets.fallbacks.get(charger.charger) ?? 0;
  if (confirmedMilliamps === null || target < confirmedMilliamps) return target;
  if (target > confirmedMilliamps && mayRaise && fits(ledger, charger, target)) return target;
  return fresh && doubtfulMilliamps === null ? undefined : confirmedMilliamps;
}

/** A higher fail-safe is a raise on each connector of the charger. */
function fits(ledger: Ledger, charger: ChargerEntry, target: number): boolean {
  const raised = { ...charger, failSafe: { ...charger.failSafe, doubtfulMilliamps: target } };
  const chargers = ledger.chargers.map((entry) => (entry.charger === charger.charger ? raised : entry));
  return totalBookedMilliamps({ ...ledger, chargers }) <= ledger.limitMilliamps;
}

function install(
  decision: Decision,
  charger: ChargerEntry,
  limitMilliamps: number,
  targets: SiteTargets,
): Decision {
  const { ledger } = decision;
  const order = ledger.lastOrder + 1;
  const correlation = `failsafe-${order}`;
  const sent = { correlation, limitMilliamps, sentAt: ledger.at };
  const code =
    limitMilliamps < charger.fallbackMilliamps ? 'budget.failSafeReduced' : 'budget.failSafeInstalled';
  const numbers = { siteLimitMilliamps: ledger.limitMilliamps, reservedMilliamps: targets.reservedMilliamps };
  return {
    ledger: { ...changeFailSafe(ledger, charger, { ...charger.failSafe, sent }), lastOrder: order },
    orders: [
      ...decision.orders,
      {
        type: 'recordDecision',
        params: {
          reason: { code, params: { ...numbers, configuredMilliamps: charger.fallbackMilliamps } },
          charger: charger.charger,
          connector: 0,
          limitMilliamps,
        },
      },
      {
        type: 'installFailSafe',
        params: {
          charger: charger.charger,
          limitMilliamps,
          correlation,
          isCut: limitMilliamps < fallbackMilliamps(charger, ledger.at),
        },
      },
    ],
  };
}
