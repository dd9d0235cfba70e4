import { describe, expect, it } from 'vitest';
import { connectorMachine } from '../../machines/connector/connector.machine.ts';
import type { ConnectorEvent } from '../../machines/connector/connector.messages.ts';
import { walkModel } from '../helpers/model-walk.ts';

const at = Date.UTC(2026, 0, 1);
const statuses = [
  'Available',
  'Preparing',
  'Charging',
  'SuspendedEV',
  'SuspendedEVSE',
  'Finishing',
  'Reserved',
  'Unavailable',
  'Faulted',
  'Booting',
];

const events: ConnectorEvent[] = [
  { type: 'connector.configured', at },
  ...(['online', 'offline', 'fallback', 'resync'] as const).map(
    (mode): ConnectorEvent => ({ type: 'connector.linkChanged', at, mode }),
  ),
  ...statuses.map(
    (status): ConnectorEvent => ({
      type: 'connector.statusReported',
      at,
      status,
      errorCode: 'NoError',
      info: '',
    }),
  ),
  { type: 'connector.sessionChanged', at, session: 's1' },
];

describe('the connector chart, walked along every edge of its graph', () => {
  const report = walkModel(connectorMachine, {
    input: { charger: 'cp1', connector: 1 },
    events,
    relevant: (context) => context.status as string,
    at,
  });

  it('reaches every state', () => expect(report.statesNotReached).toEqual([]));
  it('takes every transition', () => expect(report.transitionsNotTaken).toEqual([]));
  it('ends where the graph says, restarts included', () => expect(report.disagreements).toEqual([]));
  it('is of the size that its story has', () => expect(report.states).toBe(4 * 11));
});
