import { describe, expect, it } from 'vitest';
import { chargerKind } from '../../../../actors/charger-actor.ts';
import type { Json } from '../../../../runtime/envelope.ts';
import type { BenchTurn } from '../../../helpers/actor-bench.ts';
import { ChargerBench, CP, effectsIn, reasonsIn } from '../../../helpers/charger-bench.ts';

const AFTER_MS = 30_000;
const start = { connectorId: 1, idTag: 'card-1', timestamp: '2026-01-01T00:00:00Z', meterStart: 100 };

function served(mirrorCloseAfterMs: number | null = AFTER_MS): ChargerBench {
  const bench = new ChargerBench({ mirrorCloseAfterMs });
  bench.serve('online');
  return bench;
}

const closes = (turn: BenchTurn) => effectsIn(turn, 'south', 'close');
const outage = (bench: ChargerBench) => (bench.value as { outage: string }).outage;

describe('a charger that mirrors the absence of its CPMS', () => {
  it('is closed with 1012 once the CPMS was away for as long as the site file says', () => {
    const bench = served();
    bench.backend('offline');
    const awayAt = bench.nowMs;
    const turn = bench.fire('mirrorClose');
    expect(bench.nowMs - awayAt).toBe(AFTER_MS);
    expect(closes(turn)).toEqual([
      { type: 'close', charger: CP, code: 1012, reason: 'the backend is not connected' },
    ]);
    expect(reasonsIn(turn)).toEqual(['charger.closedOut outage.mirrorClose']);
    expect(outage(bench)).toBe('closedOut');
  });

  it.each(['resync', 'online'] as const)('is let in again when the CPMS is %s', (mode) => {
    const bench = served();
    bench.backend('offline');
    bench.fire('mirrorClose');
    bench.close();
    expect(reasonsIn(bench.backend(mode))).toEqual(['charger.letIn outage.over']);
    expect(outage(bench)).toBe('letIn');
    expect(closes(bench.open('s2'))).toEqual([]);
  });

  it('stays through a gap that is shorter', () => {
    const bench = served();
    bench.backend('offline');
    bench.backend('resync');
    expect(() => bench.fire('mirrorClose')).toThrow('no timer');
    expect(outage(bench)).toBe('letIn');
  });

  it('does not get more time when the outage only gets longer', () => {
    const bench = served();
    bench.backend('offline');
    const [, due] = [...bench.timers].find(([id]) => id.includes('mirrorClose'))!;
    bench.nowMs += 5_000;
    bench.backend('fallback');
    expect([...bench.timers].find(([id]) => id.includes('mirrorClose'))![1]).toEqual(due);
  });

  it('keeps nothing back of what was accepted before', () => {
    const bench = served();
    bench.backend('offline');
    bench.call('StartTransaction', start);
    const queued = bench.queue.map(({ raw }) => raw);
    expect(queued).toContain(JSON.stringify(start));
    bench.fire('mirrorClose');
    bench.close();
    expect(bench.queue.map(({ raw }) => raw)).toEqual(queued);
    expect(bench.transactions).toMatchObject([{ state: 'open' }]);
  });

  it('is closed again when it was just coming in', () => {
    const bench = served();
    bench.backend('offline');
    bench.fire('mirrorClose');
    expect(closes(bench.open('s2'))).toHaveLength(1);
  });

  it('stays closed out over a restart, and is given the time anew where it was not yet', () => {
    const closed = served();
    closed.backend('offline');
    closed.fire('mirrorClose');
    closed.restart();
    closed.configure({ mirrorCloseAfterMs: AFTER_MS });
    expect(outage(closed)).toBe('closedOut');
    const open = served();
    open.restart();
    open.configure({ mirrorCloseAfterMs: AFTER_MS });
    open.open('s2');
    expect(closes(open.fire('mirrorClose'))).toHaveLength(1);
  });

  it('is let in when the site file has it stay from now on', () => {
    const bench = served();
    bench.backend('offline');
    bench.fire('mirrorClose');
    bench.restart();
    bench.configure({ mirrorCloseAfterMs: null });
    expect(outage(bench)).toBe('letIn');
  });
});

it('a charger stored before there was such a policy stays, until it is told otherwise', () => {
  const bench = served();
  const { outage: _, ...value } = bench.value as Record<string, Json>;
  const { mirrorCloseAfterMs: __, ...context } = bench.context as Record<string, Json>;
  const snapshot = { status: 'active', value, context };
  const migrated = chargerKind.migrations[1]!({ version: 1, snapshot, timers: [], lastArm: 0 });
  expect(migrated).toMatchObject({
    version: 2,
    snapshot: { value: { ...value, outage: 'letIn' }, context: { ...context, mirrorCloseAfterMs: null } },
  });
});

describe('a charger that stays while its CPMS is away', () => {
  it('is never closed for that', () => {
    const bench = served(null);
    for (const mode of ['offline', 'fallback', 'resync', 'offline'] as const)
      expect(closes(bench.backend(mode))).toEqual([]);
    expect(() => bench.fire('mirrorClose')).toThrow('no timer');
    expect(outage(bench)).toBe('letIn');
  });
});
