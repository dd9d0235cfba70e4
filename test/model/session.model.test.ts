import { describe, expect, it } from 'vitest';
import { sessionMachine } from '../../machines/session/session.machine.ts';
import type { SessionContext, SessionEvent, SessionStart } from '../../machines/session/session.messages.ts';
import type { Mode } from '../../machines/shared/mode.ts';
import type { Json } from '../../runtime/envelope.ts';
import { type ModelReport, walkModel } from '../helpers/model-walk.ts';

const at = Date.UTC(2026, 0, 1);
const modes: Mode[] = ['online', 'offline', 'fallback', 'resync'];

function startWith(backend: Mode): SessionStart {
  return {
    charger: 'cp1',
    connector: 1,
    session: 's1',
    transactionId: 7,
    startedAt: at,
    meterStartWh: 1_000,
    authorisedBy: 'cache',
    backend,
    fallbackAfterMs: 60_000,
  };
}

const events: SessionEvent[] = [
  { type: 'session.opened', at },
  { type: 'session.metered', at, energyWh: 1_500, currentMilliamps: [6_000] },
  { type: 'session.metered', at, energyWh: 900, currentMilliamps: null },
  { type: 'session.startAnswered', at, cpmsTransactionId: 42, status: 'Accepted' },
  { type: 'session.startAnswered', at, cpmsTransactionId: 42, status: 'Blocked' },
  { type: 'session.stopped', at, meterStopWh: 2_000, reason: 'Local' },
  { type: 'session.stopAnswered', at },
  { type: 'session.deliveryFailed', at, what: 'start', error: 'InternalError' },
  { type: 'session.deliveryFailed', at, what: 'stop', error: 'InternalError' },
  { type: 'session.aborted', at, reason: 'unconfirmed' },
  ...modes.map((mode): SessionEvent => ({ type: 'session.backendChanged', at, mode })),
  ...modes.map((mode): SessionEvent => ({ type: 'session.chargerChanged', at, mode })),
];

/** What bounds a session, and what ends there. */
const ofBounds: SessionEvent[] = [
  ...events.filter(({ type }) => type !== 'session.backendChanged' && type !== 'session.chargerChanged'),
  { type: 'session.startAnswered', at, cpmsTransactionId: 42, status: 'Blocked', maxEnergyWh: 450 },
  { type: 'session.capped', at, tokenClass: 'unknown', maxEnergyWh: 400, dueAt: null },
  { type: 'session.capped', at, tokenClass: 'unknown', maxEnergyWh: 9_000, dueAt: null },
  { type: 'session.capped', at, tokenClass: 'cached', maxEnergyWh: 500, dueAt: at + 60_000 },
  { type: 'session.chargerChanged', at, mode: 'offline' },
  { type: 'session.chargerChanged', at, mode: 'online' },
];

/** How often a session was asked to stop is left to the walks above: with it the graph would be ten times as large. */
function whatBounds(context: Record<string, unknown>): Json {
  const { bound, energyWh, verdict, chargerMode, stoppedAt } = context as unknown as SessionContext;
  if (stoppedAt !== null) return null;
  return [bound && [bound.maxEnergyWh, bound.dueAt, chargerMode, verdict !== null], energyWh];
}

describe('the session chart, walked along every edge of its graph from each mode of the backend', () => {
  const ofModes = modes.map(
    (backend): ModelReport =>
      walkModel(sessionMachine, {
        input: { ...startWith(backend) },
        events,
        relevant: ({ backend: mode, stopAsks, stoppedAt }) => [
          mode as string,
          stoppedAt === null ? (stopAsks as number) : 0,
        ],
        at,
      }),
  );
  const reports = [
    ...ofModes,
    ...(['online', 'offline'] as const).map((backend) =>
      walkModel(sessionMachine, {
        input: { ...startWith(backend) },
        events: ofBounds,
        relevant: whatBounds,
        at,
      }),
    ),
  ];
  const missingFromAll = (lists: string[][]) =>
    (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));

  it('reaches every state', () => {
    expect(missingFromAll(reports.map((report) => report.statesNotReached))).toEqual([]);
  });
  it('takes every transition', () => {
    expect(missingFromAll(reports.map((report) => report.transitionsNotTaken))).toEqual([]);
  });
  it('ends where the graph says, restarts included', () => {
    expect(reports.flatMap((report) => report.disagreements)).toEqual([]);
  });
});
