import { describe, expect, it } from 'vitest';
import { connectorKind, modeOf } from '../../../actors/connector-actor.ts';
import type { Mode } from '../../../actors/tells.ts';
import { MachineRunner } from '../../../runtime/host/step.ts';
import { ActorBench } from '../../helpers/actor-bench.ts';

function configured(): ActorBench {
  const bench = new ActorBench(connectorKind, 'connector/cp1/1');
  bench.deliver('connector.configured', { charger: 'cp1', connector: 1, graceMs: 120_000 });
  return bench;
}

const report = (
  bench: ActorBench,
  status: string,
  more: { errorCode?: string; info?: string; at?: number } = {},
) =>
  bench.deliver('connector.statusReported', {
    status,
    errorCode: 'NoError',
    info: '',
    at: bench.nowMs,
    ...more,
  });
const link = (bench: ActorBench, mode: Mode) => bench.deliver('connector.linkChanged', { mode });
const part = (bench: ActorBench, region: 'mode' | 'status') =>
  (bench.value as Record<string, unknown>)[region];

describe('the status of a connector', () => {
  it.each([
    ['Available', 'available'],
    ['Preparing', { occupied: 'preparing' }],
    ['Charging', { occupied: 'charging' }],
    ['SuspendedEV', { occupied: 'suspendedEv' }],
    ['SuspendedEVSE', { occupied: 'suspendedEvse' }],
    ['Finishing', { occupied: 'finishing' }],
    ['Reserved', 'reserved'],
    ['Unavailable', 'unavailable'],
    ['Faulted', 'faulted'],
    ['Sleeping', 'unknown'],
    ['available', 'unknown'],
  ])('is, after the report %s, %j', (status, state) => {
    const bench = configured();
    report(bench, status);
    expect(part(bench, 'status')).toEqual(state);
    expect(bench.context.status).toBe(status);
  });

  it('is unknown before the first report', () => {
    expect(part(configured(), 'status')).toBe('unknown');
    expect(configured().context.reportedAt).toBeNull();
  });

  it('is journalled when it changes, with both words, and not when it is repeated', () => {
    const bench = configured();
    report(bench, 'Available');
    expect(report(bench, 'Faulted', { errorCode: 'GroundFailure' }).journal).toMatchObject([
      {
        type: 'connector.statusChanged',
        data: { from: 'Available', to: 'Faulted', errorCode: 'GroundFailure' },
      },
    ]);
    expect(report(bench, 'Faulted', { errorCode: 'OtherError', info: 'text' }).journal).toEqual([]);
    expect(bench.context).toMatchObject({ errorCode: 'OtherError', info: 'text' });
  });

  it.each(['connector.linkChanged', 'connector.sessionChanged', 'connector.configured'])(
    'does not move by %s',
    (type) => {
      const bench = configured();
      report(bench, 'Charging');
      bench.deliver(type, { mode: 'offline', session: 's1' });
      expect(part(bench, 'status')).toEqual({ occupied: 'charging' });
    },
  );

  it('does not look younger by a report that comes late', () => {
    const bench = configured();
    report(bench, 'Charging', { at: 2_000 });
    report(bench, 'Finishing', { at: 1_000 });
    expect(bench.context.reportedAt).toBe(2_000);
  });
});

describe('the mode of a connector', () => {
  const modes: Mode[] = ['online', 'offline', 'fallback', 'resync'];
  const pairs = modes.flatMap((from) => modes.map((to): [Mode, Mode] => [from, to]));
  it.each(pairs)('%s, told %s, is what it was told, journalled if it changed', (from, to) => {
    const bench = configured();
    link(bench, from);
    const turn = link(bench, to);
    expect(part(bench, 'mode')).toBe(to);
    expect(turn.journal.map(({ reason }) => reason?.code)).toEqual(from === to ? [] : [`connector.${to}`]);
  });

  it.each(modes)('%s, is offline when the process starts anew', (from) => {
    const bench = configured();
    link(bench, from);
    bench.restart();
    bench.deliver('connector.configured', { charger: 'cp1', connector: 1, graceMs: 120_000 });
    expect(part(bench, 'mode')).toBe('offline');
  });

  it.each(['connector.statusReported', 'connector.sessionChanged'])('does not move by %s', (type) => {
    const bench = configured();
    link(bench, 'resync');
    bench.deliver(type, { status: 'Available', errorCode: 'NoError', info: '', at: 1, session: 's1' });
    expect(part(bench, 'mode')).toBe('resync');
  });

  it('can be read from a snapshot', () => {
    const runner = new MachineRunner(connectorKind.machine, { input: { charger: 'cp1', connector: 1 } });
    runner.start();
    expect(modeOf(runner.snapshot())).toBe('offline');
  });
});

describe('a connector', () => {
  it('knows its session, and journals what happens under it', () => {
    const bench = configured();
    bench.deliver('connector.sessionChanged', { session: 's1' });
    expect(report(bench, 'Charging').journal).toMatchObject([
      { charger: 'cp1', connector: 1, session: 's1' },
    ]);
    bench.deliver('connector.sessionChanged', { session: null });
    expect(report(bench, 'Finishing').journal[0]).not.toHaveProperty('session');
  });

  it('is brought into being by its configuration only', () => {
    const envelope = { type: 'connector.statusReported', to: 'connector/cp1/1', data: {} } as never;
    expect(connectorKind.birth(envelope)).toBeUndefined();
  });
});
