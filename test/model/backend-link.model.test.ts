import { describe, expect, it } from 'vitest';
import { backendLinkMachine } from '../../machines/backend-link/backend-link.machine.ts';
import type { BackendLinkEvent, LinkSettings } from '../../machines/backend-link/backend-link.messages.ts';
import { walkModel } from '../helpers/model-walk.ts';

const at = Date.UTC(2026, 0, 1);
const settings: LinkSettings = {
  fallbackAfterMs: 60_000,
  backoffMinMs: 1_000,
  backoffMaxMs: 60_000,
  callTimeoutMs: 30_000,
  attemptsMax: 5,
  attemptIntervalMs: 2_000,
};
const events: BackendLinkEvent[] = [
  { type: 'link.configured', at, settings },
  { type: 'north.opened', at, socketId: 'a' },
  { type: 'north.closed', at, socketId: 'a', jitter: 0.5 },
  { type: 'north.closed', at, socketId: 'older', jitter: 0.5 },
  { type: 'north.dialFailed', at, jitter: 0.5 },
  { type: 'link.silent', at, jitter: 0.5 },
  { type: 'link.refused', at, waitMs: 200 },
  { type: 'link.drained', at },
  { type: 'link.parked', at, restMs: 3_600_000 },
  { type: 'link.noneParked', at },
];

describe('the backend link chart, walked along every edge of its graph', () => {
  const report = walkModel(backendLinkMachine, {
    input: { charger: 'cp1', ...settings },
    events,
    relevant: (context) => context.socketId as string | null,
    at,
  });

  it('reaches every state', () => expect(report.statesNotReached).toEqual([]));
  it('takes every transition', () => expect(report.transitionsNotTaken).toEqual([]));
  it('ends where the graph says, restarts included', () => expect(report.disagreements).toEqual([]));
  it('is online or resyncing exactly when a socket is open', () =>
    expect(report.states).toBe(3 * (2 * 3 + 2 * 2)));
});
