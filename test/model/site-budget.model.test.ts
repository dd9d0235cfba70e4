import { describe, expect, it } from 'vitest';
import { siteBudgetMachine } from '../../machines/site-budget/site-budget.machine.ts';
import type { SiteBudgetContext, SiteBudgetEvent } from '../../machines/site-budget/site-budget.messages.ts';
import { walkModel } from '../helpers/model-walk.ts';

const at = Date.UTC(2026, 0, 1);
const one = { charger: 'cp1', connector: 1 };

const events: SiteBudgetEvent[] = [
  {
    type: 'budget.configured',
    at,
    limitMilliamps: 20_000,
    phases: 3,
    minMilliamps: 6_000,
    leaseMs: 120_000,
    chargers: [{ charger: 'cp1', connectors: 1, maxMilliamps: 16_000, fallbackMilliamps: 6_000 }],
  },
  ...(['online', 'offline', 'fallback', 'resync'] as const).map(
    (mode): SiteBudgetEvent => ({
      type: 'budget.chargerChanged',
      at,
      charger: 'cp1',
      mode,
      connectors: [1],
    }),
  ),
  { type: 'budget.demandChanged', at, ...one, demand: 'charging', transactionId: 7 },
  { type: 'budget.demandChanged', at, ...one, demand: 'idle', transactionId: null },
  { type: 'budget.measured', at, ...one, currentMilliamps: [9_000, 0, 0], measuredAt: at },
  { type: 'budget.capChanged', at, ...one, capMilliamps: 10_000 },
  { type: 'budget.limitChanged', at, limitMilliamps: 8_000, source: 'grid' },
  ...Array.from({ length: 5 }, (_, index): SiteBudgetEvent[] => [
    { type: 'limits.answered', at, ...one, status: 'Accepted', correlation: `failsafe-${index + 1}` },
    { type: 'limits.answered', at, ...one, status: 'Accepted', correlation: `limit-${index + 1}` },
  ]).flat(),
  { type: 'limits.failed', at, ...one, kind: 'timeout', detail: '', correlation: 'limit-2' },
  { type: 'budget.checkDue', at: at + 300_000 },
];

/** What guards go by; the numbers of orders, currents and exact instants are left out. */
function relevant(context: Record<string, unknown>) {
  const { ledger } = context as unknown as SiteBudgetContext;
  return [
    ...ledger.chargers.map(({ link, failSafe }) => [
      link,
      failSafe.confirmedMilliamps !== null,
      failSafe.sent !== null,
      failSafe.fresh,
    ]),
    ...ledger.connectors.map((entry) => [
      entry.transactionId !== null,
      entry.inForce !== null,
      entry.inFlight.length > 0,
      entry.doubtful !== null,
    ]),
  ];
}

describe('the site budget chart, walked along every edge of its graph', () => {
  const report = walkModel(siteBudgetMachine, { input: {}, events, relevant, at });

  it('reaches every state', () => expect(report.statesNotReached).toEqual([]));
  it('takes every transition', () => expect(report.transitionsNotTaken).toEqual([]));
  it('ends where the graph says, restarts included', () => expect(report.disagreements).toEqual([]));
  it('has a graph worth walking', () => expect(report.states).toBeGreaterThan(50));
});
